//! The same names of weights and the same scores as PyTorch's networks.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::network::{Graph, Layout};
use crate::tests::{expected, formula};
use crate::{Digest, Isa, Kernels, Model, Predictor, Preprocessing, Row, Status, zoo};

#[derive(Deserialize)]
struct Case {
    name: String,
    input: [usize; 3],
    classes: usize,
    tensors: usize,
    values: usize,
    digest: String,
    every: usize,
    scores: Vec<f32>,
    largest: f64,
}

/// As zoo.py computes it.
fn digest(layout: &Layout) -> String {
    let line = |name: &str, shape: &[usize]| {
        let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
        format!("{name} {}\n", shape.join("x"))
    };
    let mut lines: Vec<String> = layout.specs().iter().map(|s| line(&s.name, &s.shape)).collect();
    lines.sort_unstable_by(|a, b| a.split(' ').next().cmp(&b.split(' ').next()));
    Digest::of(lines.concat().as_bytes()).to_string()
}

fn scores(kernels: Kernels, graph: Graph) -> Vec<f32> {
    let input = formula::floats("input", graph.input().values(), 1.0);
    let weights = formula::deep_weights(graph.layout());
    let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
    let predictor = Predictor::with(kernels, model, None).unwrap();
    let (mut scores, mut status) = (vec![f32::NAN; predictor.width()], [Status::Null]);
    predictor.predict(&[Row::Floats(&input)], &mut scores, &mut status).unwrap();
    assert_eq!(status, [Status::Ok]);
    scores
}

#[test]
fn every_network_has_the_weights_and_the_scores_of_pytorch() {
    let cases: Vec<Case> = expected::read("zoo.json");
    let expected: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let mut listed: Vec<&str> = zoo::list().iter().map(|entry| entry.name).collect();
    listed.sort_unstable_by_key(|name| expected.iter().position(|other| other == name));
    assert_eq!(listed, expected, "every network has an expectation");
    let mut table = String::new();
    for case in cases {
        let name = &case.name;
        let graph = Graph::new(&zoo::entry(name).unwrap().network(case.input, case.classes)).unwrap();
        let layout = graph.layout();
        assert_eq!((layout.specs().len(), layout.values()), (case.tensors, case.values), "{name}");
        assert_eq!(digest(layout), case.digest, "{name}: names or shapes");
        let each = Isa::available().iter().map(|&isa| Kernels { isa, exact: false });
        for kernels in each.chain([Kernels { exact: true, ..Kernels::default() }]) {
            let start = std::time::Instant::now();
            let found = scores(kernels, graph.clone());
            let apart = |(found, expected): (&f32, &f32)| f64::from((found - expected).abs());
            let apart = found.iter().step_by(case.every).zip(&case.scores).map(apart).fold(0.0, f64::max);
            assert_eq!(found.iter().step_by(case.every).count(), case.scores.len(), "{name}");
            let largest = found.iter().fold(0.0_f64, |m, &v| m.max(f64::from(v).abs()));
            let isa = if kernels.exact { "exact" } else { kernels.isa.name() };
            assert!((largest - case.largest).abs() <= 1e-4 * case.largest, "{name}, {isa}: {largest}");
            assert!(apart <= 1e-4 * case.largest, "{name}, {isa}: {apart:.1e} of {:.1e}", case.largest);
            let ms = start.elapsed().as_millis();
            writeln!(table, "{name:20} {isa:8} {:.1e} {ms} ms", apart / case.largest).unwrap();
        }
    }
    println!("largest difference, time with making the weights\n{table}");
}
