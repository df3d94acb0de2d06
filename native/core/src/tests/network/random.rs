//! Descriptions drawn at random: whatever they hold, they are networks or errors.

use rand::{Rng, RngExt};

use super::LENET;
use crate::network::{Graph, Network};
use crate::random::{Key, Purpose};
use crate::tests::{formula, networks};
use crate::{Model, Predictor, Preprocessing, Row, Status};

fn generator(row: u64) -> impl Rng {
    Key { row, ..Key::new(1, Purpose::Rows) }.generator()
}

#[test]
fn a_random_description_is_an_error_or_a_network_that_runs() {
    let (mut valid, mut invalid) = (0, 0);
    for row in 0..10_000 {
        let network = networks::draw(&mut generator(row));
        let json = network.to_json().unwrap();
        assert_eq!(Network::from_json(&json).as_ref(), Ok(&network), "{json}");
        let Some(graph) = networks::small(&network) else {
            invalid += usize::from(Graph::new(&network).is_err());
            continue;
        };
        let mut end = 0;
        for spec in graph.layout().specs() {
            assert_eq!(spec.range, end..end + spec.shape.iter().product::<usize>(), "{json}");
            end = spec.range.end;
        }
        assert_eq!(graph.layout().values(), end, "{json}");

        let (weights, classes) = (formula::weights(graph.layout()), graph.classes());
        let input = formula::floats("input", graph.input().values(), 1.0);
        let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
        let (mut scores, mut status) = (vec![f32::NAN; classes], [Status::Null]);
        Predictor::new(model).unwrap().predict(&[Row::Floats(&input)], &mut scores, &mut status).unwrap();
        assert_eq!(status, [Status::Ok], "{json}");
        assert!(scores.iter().all(|s| s.is_finite()), "{json}");
        valid += 1;
    }
    assert!(valid >= 2000 && invalid >= 2000, "{valid} valid, {invalid} invalid");
}

#[test]
fn a_damaged_description_is_an_error_or_a_network() {
    const PIECES: [&str; 16] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "0",
        "-1",
        "1e9",
        "99999999999999999999",
        "null",
        "\"same\"",
        "\"input\"",
        "\\u0000",
        "\u{fffd}",
    ];
    let (mut valid, mut invalid) = (0, 0);
    for row in 0..10_000 {
        let random = &mut generator(1 << 32 | row);
        let mut json = LENET.to_owned();
        for _ in 0..random.random_range(1..4) {
            let at = (random.random_range(0..json.len())..=json.len())
                .find(|&i| json.is_char_boundary(i))
                .unwrap();
            let end = (at + random.random_range(0..3)..=json.len())
                .find(|&i| json.is_char_boundary(i))
                .unwrap_or(at);
            json.replace_range(at..end, PIECES[random.random_range(0..PIECES.len())]);
        }
        match Graph::from_json(&json) {
            Ok(_) => valid += 1,
            Err(_) => invalid += 1,
        }
    }
    assert!(valid >= 20 && invalid >= 5000, "{valid} valid, {invalid} invalid");
}
