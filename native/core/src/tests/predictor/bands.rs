//! Layers in one pass over the rows of large maps.

use std::sync::Arc;

use crate::network::{Graph, Op};
use crate::tests::formula;
use crate::{Kernels, Model, Predictor, Preprocessing, Row, Scorer, Status, zoo};
use firesteel_kernels::blocked::Isa;

/// What some rows give, so many at a time, in memory full of NaN.
fn score(predictor: Predictor, images: usize, rows: &[Row]) -> Vec<f32> {
    let width = predictor.width();
    let mut scorer = Scorer::new(Arc::new(predictor), images, 1).unwrap();
    scorer.fill(f32::NAN);
    let (mut scores, mut status) = (vec![f32::NAN; rows.len() * width], vec![Status::Panic; rows.len()]);
    scorer.predict(rows, &mut scores, &mut status).unwrap();
    assert!(status.iter().all(|&status| status == Status::Ok), "{status:?}");
    scores
}

/// How many steps are several kernels in one pass.
fn passes(predictor: &Predictor) -> usize {
    predictor.explain().lines().filter(|line| line.contains(" + ")).count()
}

#[test]
fn rows_at_a_time_give_the_bits_of_whole_maps() {
    let mut found = vec![];
    for name in ["mobilenet_v2", "mobilenet_v1_100", "resnet18", "squeezenet1_1", "efficientnet_b0"] {
        let entry = zoo::entry(name).unwrap();
        let network = entry.network(entry.input, 7);
        let graph = Graph::new(&network).unwrap();
        let is_activation = |op: &Op| matches!(op, Op::Relu {} | Op::Relu6 {} | Op::Silu {});
        let activations = network.nodes.iter().filter(|node| is_activation(&node.op));
        let last = graph.nodes().iter().rfind(|node| node.shape.vector() == Some(7)).unwrap().name.clone();
        // A map that somebody asks for is written as a whole.
        let asked: Vec<&str> = activations.map(|node| node.name.as_str()).chain([last.as_str()]).collect();
        let weights = formula::weights(graph.layout());
        let values = graph.input().values();
        let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
        let inputs = formula::floats("input", 4 * values, 1.0);
        let rows: Vec<Row> = inputs.chunks(values).map(Row::Floats).collect();
        for &isa in Isa::available() {
            let with = |layers: &[&str]| {
                Predictor::with(Kernels { isa, exact: false }, model.clone(), Some(layers)).unwrap()
            };
            let (together, apart) = (with(&[last.as_str()]), with(&asked));
            assert_eq!(passes(&apart), 0, "{name}");
            if isa == Isa::best() {
                found.push((name, passes(&together)));
            }
            let width = apart.width();
            let expected: Vec<u32> = score(apart, 1, &rows)
                .chunks(width)
                .flat_map(|row| row[width - 7..].iter().map(|score| score.to_bits()))
                .collect();
            let scores = score(together, 3, &rows);
            assert!(scores[..7] != scores[7..], "{name}");
            let bits: Vec<u32> = scores.iter().map(|score| score.to_bits()).collect();
            assert_eq!(bits, expected, "{name} {isa:?}");
        }
    }
    assert!(found.iter().all(|(_, passes)| *passes > 0), "{found:?}");
}

#[test]
fn a_pass_is_a_line_of_the_plan_and_needs_less_memory() {
    let entry = zoo::entry("resnet18").unwrap();
    let network = entry.network(entry.input, 7);
    let graph = Graph::new(&network).unwrap();
    let weights = formula::weights(graph.layout());
    let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
    let with = |layers: Option<&[&str]>| Predictor::with(Kernels::default(), model.clone(), layers).unwrap();
    let together = with(None);
    let line = together.explain().lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.starts_with("conv1 blocks + max pool 64x56x56 236.0 "), "{line}");
    let apart = with(Some(&["relu", "fc"]));
    let [together, apart] = [&together, &apart].map(|predictor| predictor.arena_bytes(1).unwrap());
    let map = 64 * 112 * 112 * size_of::<f32>();
    assert!(together + map / 2 < apart, "{together} {apart}");
}
