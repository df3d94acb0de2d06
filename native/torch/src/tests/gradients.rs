//! Gradients against the definition.

use firesteel_core::network::{Conv2d, Graph, Network, Padding, Summary};
use tch::{Kind, Reduction, Tensor};

use super::{config, formula, input_tensor, tensors, trainer, values};
use crate::trainer::Gradients;
use crate::{Batch, Inputs, forward};

const ROWS: usize = 3;

/// The loss in float64.
fn loss(graph: &Graph, parameters: &[Tensor], input: &Tensor, labels: &[i64]) -> f64 {
    // The losses of training: running means and variances have no part in them.
    let frozen = vec![false; graph.nodes().len()];
    let logits =
        forward::logits(graph, parameters, input, forward::Mode { frozen: &frozen, masks: None }).unwrap();
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
    let Gradients { result, of_trained: gradients, .. } =
        trainer(&config(network, 0.1)).gradients(&batch).unwrap();
    let gradients: Vec<f32> = gradients.iter().flat_map(values).collect();
    let scale = gradients.iter().fold(0.0_f32, |m, g| m.max(g.abs()));
    assert!(scale > 1e-3, "{scale}");

    let parameters = tensors(&graph, &weights, Kind::Double);
    let input = input_tensor(&graph, &inputs, Kind::Double);
    let labels: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
    assert!((loss(&graph, &parameters, &input, &labels) - result.loss).abs() < 1e-6);
    // Small enough that no maximum changes its place, large enough for float64.
    let step = 1e-6;
    let trained = graph.layout().specs().iter().zip(&parameters).filter(|(spec, _)| spec.role.trainable());
    let flat: Vec<Tensor> = trained.map(|(_, p)| p.view(-1)).collect();
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
    assert_eq!(count, Summary::of(&graph).parameters);
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

#[test]
fn of_the_layers_of_imagenet_networks_are_central_differences() {
    let layers = [
        r#"{"name": "c", "op": "conv2d", "inputs": ["input"], "filters": 6, "kernel": [3, 3], "padding": [0, 0, 1, 1]}"#,
        r#"{"name": "n", "op": "batch_norm", "inputs": ["c"], "eps": 0.01}"#,
        r#"{"name": "a", "op": "hard_swish", "inputs": ["n"]}"#,
        r#"{"name": "d", "op": "conv2d", "inputs": ["a"], "filters": 6, "kernel": [3, 3], "padding": [1, 1], "groups": 6}"#,
        r#"{"name": "s", "op": "silu", "inputs": ["d"]}"#,
        r#"{"name": "g", "op": "global_avg_pool2d", "inputs": ["s"]}"#,
        r#"{"name": "e", "op": "conv2d", "inputs": ["g"], "filters": 6, "kernel": [1, 1]}"#,
        r#"{"name": "h", "op": "sigmoid", "inputs": ["e"]}"#,
        r#"{"name": "m", "op": "multiply", "inputs": ["s", "h"]}"#,
        r#"{"name": "j", "op": "add", "inputs": ["m", "a"]}"#,
        r#"{"name": "r", "op": "local_response_norm", "inputs": ["j"], "size": 3, "alpha": 0.5}"#,
        r#"{"name": "k", "op": "leaky_relu", "inputs": ["r"], "slope": 0.2}"#,
        r#"{"name": "p", "op": "subsample", "inputs": ["k"], "step": [2, 2]}"#,
        r#"{"name": "q", "op": "pad_channels", "inputs": ["p"], "before": 1, "after": 1}"#,
        r#"{"name": "o", "op": "max_pool2d", "inputs": ["a"], "kernel": [2, 2], "stride": [2, 2], "ceil_mode": true}"#,
        r#"{"name": "x", "op": "concat", "inputs": ["q", "o"]}"#,
        r#"{"name": "y", "op": "adaptive_avg_pool2d", "inputs": ["x"], "size": [2, 1]}"#,
        r#"{"name": "f", "op": "flatten", "inputs": ["y"]}"#,
        r#"{"name": "z", "op": "dense", "inputs": ["f"], "units": 3}"#,
    ];
    let json = format!(r#"{{"input": [2, 6, 5], "nodes": [{}], "output": "z"}}"#, layers.join(","));
    assert_eq!(check(&Network::from_json(&json).unwrap()), 114 + 12 + 60 + 42 + 28 * 3 + 3);
}
