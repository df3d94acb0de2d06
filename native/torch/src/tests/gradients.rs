//! Gradients against the definition.

use firesteel_core::network::{Conv2d, Graph, Network, Padding};
use tch::{Kind, Reduction, Tensor};

use super::{config, formula, input_tensor, tensors, trainer, values};
use crate::{Batch, Inputs, forward};

const ROWS: usize = 3;

/// The loss in float64.
fn loss(graph: &Graph, parameters: &[Tensor], input: &Tensor, labels: &[i64]) -> f64 {
    let logits = forward::logits(graph, parameters, input).unwrap();
    let labels = Tensor::from_slice(labels);
    logits.cross_entropy_loss(&labels, None::<&Tensor>, Reduction::Mean, -100, 0.0).double_value(&[])
}

/// Compares every gradient with a central difference in float64; gives the number of weights.
fn check(network: &Network) -> usize {
    let graph = Graph::new(network).unwrap();
    let weights = formula::weights(graph.layout());
    let inputs = formula::floats("input", ROWS * graph.input().values(), 1.0);
    let labels: Vec<i32> =
        formula::integers("labels", ROWS, graph.classes() as u32).map(|v| v as i32).collect();

    let batch = Batch { inputs: Inputs::Floats(&inputs), labels: &labels };
    let (result, gradients) = trainer(&config(network, 0.1)).gradients(&batch).unwrap();
    let gradients: Vec<f32> = gradients.iter().flat_map(values).collect();
    let scale = gradients.iter().fold(0.0_f32, |m, g| m.max(g.abs()));
    assert!(scale > 1e-3, "{scale}");

    let parameters = tensors(&graph, &weights, Kind::Double);
    let input = input_tensor(&graph, &inputs, Kind::Double);
    let labels: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
    assert!((loss(&graph, &parameters, &input, &labels) - result.loss).abs() < 1e-6);
    // Small enough that no maximum changes its place, large enough for float64.
    let step = 1e-6;
    let flat: Vec<Tensor> = parameters.iter().map(|p| p.view(-1)).collect();
    let places = flat.iter().flat_map(|tensor| (0..tensor.size1().unwrap()).map(move |i| tensor.get(i)));
    let mut count = 0;
    for (mut weight, gradient) in places.zip(&gradients) {
        let mut moved = |by: f64| {
            let before = weight.copy();
            let _ = weight.g_add_scalar_(by);
            let loss = loss(&graph, &parameters, &input, &labels);
            weight.copy_(&before);
            loss
        };
        let slope = (moved(step) - moved(-step)) / (2.0 * step);
        let apart = (slope - f64::from(*gradient)).abs();
        assert!(apart <= 5e-6 * f64::from(scale), "weight {count}: {gradient}, by differences {slope}");
        count += 1;
    }
    assert_eq!(count, graph.layout().values());
    count
}

#[test]
fn of_convolutions_and_pools_are_central_differences() {
    let grouped = Conv2d {
        filters: 4,
        kernel: [4, 3],
        stride: [2, 1],
        padding: Padding::SAME,
        dilation: [1, 2],
        groups: 2,
        bias: true,
    };
    let padded = Conv2d {
        filters: 3,
        kernel: [2, 2],
        stride: [1, 1],
        padding: Padding::Explicit([1, 0]),
        dilation: [1, 1],
        groups: 1,
        bias: false,
    };
    let network = Network::input(&[2, 9, 8])
        .conv2d(grouped)
        .relu()
        .max_pool(2)
        .conv2d(padded)
        .avg_pool(2)
        .flatten()
        .dense(5)
        .relu()
        .dense(4)
        .softmax()
        .build();
    assert_eq!(check(&network), 144);
}

#[test]
fn of_pools_of_whole_maps_are_central_differences() {
    let network = |builder: firesteel_core::network::NetworkBuilder| builder.flatten().dense(3).build();
    let start = || Network::input(&[2, 5, 6]).conv(4, 3);
    assert_eq!(check(&network(start().global_avg_pool())), 91);
    assert_eq!(check(&network(start().global_max_pool())), 91);
}
