//! The network's result as libtorch computes it: that of PyTorch, and that of our own kernels.

use firesteel_core::network::{Graph, Network, Op};
use firesteel_core::random::{Key, Purpose};
use firesteel_core::{Model, Predictor, Preprocessing, Row, Status};
use tch::Kind;

use super::expected::{self, Case, difference};
use super::{formula, logits, networks, values};

/// The scores before a final softmax, or the probabilities after it.
fn outputs(network: &Network, inputs: &[f32], probabilities: bool) -> Vec<f32> {
    let graph = Graph::new(network).unwrap();
    let logits = logits(&graph, inputs);
    let softmax = matches!(graph.nodes().last().unwrap().op, Op::Softmax {});
    values(&if softmax && probabilities { logits.softmax(-1, Kind::Float) } else { logits })
}

#[test]
fn every_operation_agrees_with_pytorch() {
    let cases: Vec<Case> = expected::read("ops.json");
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let mut worst = (0.0, String::new());
    for case in cases {
        let count = case.rows * case.network.input.iter().product::<usize>();
        let inputs = formula::floats("input", count, case.input_bound);
        let apart = difference(&outputs(&case.network, &inputs, true), &case.output);
        // PyTorch's own float32 results lie within 2e-6.
        assert!(apart <= 2e-6, "{}: {apart:.1e}", case.name);
        if apart > worst.0 {
            worst = (apart, case.name);
        }
    }
    println!("largest difference: {:.1e} in {}", worst.0, worst.1);
}

#[test]
fn random_networks_have_the_same_scores_in_training_and_in_prediction() {
    let (mut compared, mut worst) = (0, 0.0_f64);
    for row in 0..4000 {
        let key = Key { row, ..Key::new(2, Purpose::Rows) };
        let Some(graph) = networks::small(&networks::draw(&mut key.generator())) else { continue };
        let inputs = formula::floats("input", 2 * graph.input().values(), 1.0);
        let trained = outputs(graph.network(), &inputs, false);

        let weights = formula::weights(graph.layout());
        let json = graph.network().to_json().unwrap();
        let rows: Vec<Row> = inputs.chunks(graph.input().values()).map(Row::Floats).collect();
        let (mut scores, mut status) = (vec![f32::NAN; 2 * graph.classes()], [Status::Null; 2]);
        let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
        Predictor::new(model).unwrap().predict(&rows, &mut scores, &mut status).unwrap();
        assert_eq!(status, [Status::Ok; 2], "{json}");
        let apart = difference(&scores, &trained);
        assert!(apart <= 2e-6, "{apart:.1e}: {json}");
        worst = worst.max(apart);
        compared += 1;
    }
    assert!(compared >= 500, "{compared}");
    println!("{compared} networks, largest difference {worst:.1e}");
}
