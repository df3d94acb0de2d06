//! Rows in the buffers that other rows have left behind.

use std::sync::Arc;

use firesteel_kernels::blocked::Isa;

use crate::network::Graph;
use crate::tests::formula;
use crate::{Kernels, Model, Predictor, Preprocessing, Row, Scorer, Status, zoo};

#[test]
fn a_row_has_the_same_bits_alone_beside_any_other_and_after_it() {
    let mut networks = 0;
    for (name, side) in [
        ("squeezenet1_1", 64),
        ("resnet18", 64),
        ("densenet121", 64),
        ("inception_v3", 80),
        ("mobilenet_v1_025", 64),
        ("mobilenet_v3_small", 64),
        ("efficientnet_b0", 64),
        ("cifar_resnet20", 32),
    ] {
        let graph = Graph::new(&zoo::entry(name).unwrap().network([3, side, side], 7)).unwrap();
        let weights = formula::deep_weights(graph.layout());
        let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
        for &isa in Isa::available() {
            rows_have_their_bits(name, side, Kernels { isa, ..Kernels::default() }, model.clone());
            networks += 1;
        }
    }
    assert_eq!(networks, 8 * Isa::available().len());
}

fn rows_have_their_bits(name: &str, side: usize, kernels: Kernels, model: Model) {
    let predictor = Arc::new(Predictor::with(kernels, model, None).unwrap());
    let mut scorer = Scorer::new(predictor.clone(), predictor.at_once(), 1).unwrap();
    let values = 3 * side * side;
    // One more than are computed at a time.
    let inputs = formula::floats("input", 9 * values, 1.0);
    let mut rows: Vec<Row> = inputs.chunks(values).map(Row::Floats).collect();
    let mut bits = |rows: &[Row]| -> Vec<u32> {
        let (mut scores, mut status) = (vec![0.0; 7 * rows.len()], vec![Status::Null; rows.len()]);
        scorer.predict(rows, &mut scores, &mut status).unwrap();
        assert!(status.iter().all(|&s| s == Status::Ok), "{name}");
        // What the next call finds in its memory is read nowhere before it is written.
        scorer.fill(f32::NAN);
        scores.iter().map(|score| score.to_bits()).collect()
    };
    let alone: Vec<Vec<u32>> = rows.chunks(1).map(&mut bits).collect();
    for batch in [2, 7, 9] {
        let found: Vec<u32> = rows.chunks(batch).flat_map(&mut bits).collect();
        assert_eq!(found, alone.concat(), "{name} in batches of {batch}");
    }
    rows.reverse();
    let reversed: Vec<u32> = alone.iter().rev().flatten().copied().collect();
    assert_eq!(bits(&rows), reversed, "{name}");
    assert!(alone[0] != alone[1] && alone[1] != alone[2], "{name}");
}

#[test]
fn half_of_the_memory_serves_most_networks() {
    let mut found = vec![];
    for entry in zoo::list().iter().filter(|entry| !entry.name.starts_with("vgg")) {
        let graph = Graph::new(&entry.network(entry.input, entry.classes)).unwrap();
        let weights = vec![0.1; graph.layout().values()];
        let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
        let predictor = Predictor::new(model).unwrap();
        let [one, all] = [1, predictor.at_once()].map(|images| predictor.arena_bytes(images).unwrap());
        if 2 * one > all {
            found.push(entry.name);
        }
    }
    // Of this one, and of VGG, the first maps alone are more than all other memory.
    assert_eq!(found, ["mobilenet_v1_025"]);
}
