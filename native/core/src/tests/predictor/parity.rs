//! The same numbers as PyTorch.

use firesteel_kernels as kernels;
use ndarray::{ArrayView1, ArrayViewMut1};
use serde::Deserialize;

use super::{predict, predictor};
use crate::network::{Network, Node, Op};
use crate::tests::expected::{self, Case, difference};
use crate::tests::formula;
use crate::{Row, Status};

/// The outputs of a network: its scores, made probabilities where its last layer is a softmax.
fn outputs(case: &Case) -> Vec<f32> {
    let predictor = predictor(&case.network);
    let values = case.network.input.iter().product::<usize>();
    let inputs = formula::floats("input", case.rows * values, case.input_bound);
    let rows: Vec<Row> = inputs.chunks(values).map(Row::Floats).collect();
    let (mut scores, status) = predict(&predictor, &rows);
    assert!(status.iter().all(|&s| s == Status::Ok), "{}", case.name);
    if matches!(case.network.nodes.last().unwrap().op, Op::Softmax {}) {
        for row in scores.chunks_mut(predictor.width()) {
            let logits = row.to_vec();
            kernels::softmax(ArrayView1::from(&logits), ArrayViewMut1::from(row)).unwrap();
        }
    }
    scores
}

#[test]
fn every_operation_agrees_with_pytorch() {
    let cases: Vec<Case> = expected::read("ops.json");
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let mut worst = (0.0, String::new());
    for case in cases {
        let apart = difference(&outputs(&case), &case.output);
        // PyTorch's own float32 results lie within 2e-6.
        assert!(apart <= 2e-6, "{}: {apart:.1e}", case.name);
        if apart > worst.0 {
            worst = (apart, case.name);
        }
    }
    println!("largest difference: {:.1e} in {}", worst.0, worst.1);
}

#[derive(Deserialize)]
struct Lenet {
    network: Network,
    float64: Run,
}

#[derive(Deserialize)]
struct Run {
    logits: Vec<f32>,
}

#[test]
fn lenet_agrees_with_pytorch_on_bytes() {
    let lenet: Lenet = expected::read("lenet.json");
    let bytes: Vec<u8> = formula::integers("input", 4 * 784, 256).map(|v| v as u8).collect();
    let rows: Vec<Row> = bytes.chunks(784).map(Row::Bytes).collect();
    let (scores, status) = predict(&predictor(&lenet.network), &rows);
    assert_eq!(status, [Status::Ok; 4]);
    let apart = difference(&scores, &lenet.float64.logits);
    assert!(apart <= 2e-6, "{apart:.1e}");
    println!("largest difference: {apart:.1e}");
}

#[test]
fn a_final_softmax_does_not_change_the_scores() {
    let lenet: Lenet = expected::read("lenet.json");
    let mut with_softmax = lenet.network.clone();
    let softmax = Node { name: "end".to_owned(), op: Op::Softmax {}, inputs: vec![with_softmax.output] };
    with_softmax.nodes.push(softmax);
    with_softmax.output = "end".to_owned();
    let bytes: Vec<u8> = formula::integers("input", 784, 256).map(|v| v as u8).collect();
    let row = [Row::Bytes(&bytes)];
    assert_eq!(predict(&predictor(&with_softmax), &row), predict(&predictor(&lenet.network), &row));
}
