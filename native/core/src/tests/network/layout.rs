//! Where the weights of a network lie.

use std::ops::Range;

use super::{LENET, chain};
use crate::network::{Graph, Role, Source, Summary};
use crate::{Error, Initializer};
use serde_json::json;

/// Name, shape, range, fan_in and fan_out.
type Weight<'a> = (&'a str, &'a [usize], Range<usize>, usize, usize);

fn weights(graph: &Graph) -> Vec<Weight<'_>> {
    let specs = graph.layout().specs().iter();
    specs.map(|s| (s.name.as_str(), s.shape.as_slice(), s.range.clone(), s.fan_in, s.fan_out)).collect()
}

#[test]
fn lenet_has_the_names_shapes_and_order_of_pytorch() {
    let graph = Graph::from_json(LENET).unwrap();
    let expected: [Weight; 8] = [
        ("conv1.weight", &[20, 1, 5, 5], 0..500, 25, 500),
        ("conv1.bias", &[20], 500..520, 25, 500),
        ("conv2.weight", &[50, 20, 5, 5], 520..25_520, 500, 1250),
        ("conv2.bias", &[50], 25_520..25_570, 500, 1250),
        ("dense1.weight", &[500, 800], 25_570..425_570, 800, 500),
        ("dense1.bias", &[500], 425_570..426_070, 800, 500),
        ("dense2.weight", &[10, 500], 426_070..431_070, 500, 10),
        ("dense2.bias", &[10], 431_070..431_080, 500, 10),
    ];
    assert_eq!(weights(&graph), expected);
    assert_eq!(graph.layout().values(), 431_080);
    assert_eq!(graph.classes(), 10);
    for (spec, role) in graph.layout().specs().iter().zip([Role::Weight, Role::Bias].into_iter().cycle()) {
        assert_eq!(spec.role, role, "{}", spec.name);
    }
    let with_weights: Vec<(&str, Range<usize>)> = graph
        .nodes()
        .iter()
        .map(|n| (n.name.as_str(), n.weights.clone()))
        .filter(|(_, w)| !w.is_empty())
        .collect();
    assert_eq!(with_weights, [("conv1", 0..2), ("conv2", 2..4), ("dense1", 4..6), ("dense2", 6..8)]);
}

#[test]
fn groups_share_channels_and_layers_without_bias_have_one_weight() {
    let graph = chain(
        json!([6, 4, 4]),
        [
            json!({"op": "conv2d", "filters": 9, "kernel": [2, 3], "groups": 3, "bias": false}),
            json!({"op": "flatten"}),
            json!({"op": "dense", "units": 2, "bias": false}),
        ],
    )
    .unwrap();
    let expected: [Weight; 2] =
        [("a.weight", &[9, 2, 2, 3], 0..108, 12, 54), ("c.weight", &[2, 54], 108..216, 54, 2)];
    assert_eq!(weights(&graph), expected);
}

#[test]
fn a_network_without_weights_has_an_empty_layout() {
    let graph = chain(json!([3]), [json!({"op": "softmax"})]).unwrap();
    assert_eq!((graph.layout().specs().len(), graph.layout().values()), (0, 0));
    assert_eq!(graph.check_weights(&[]), Ok(()));
}

#[test]
fn weights_of_another_number_are_refused() {
    let graph = Graph::from_json(LENET).unwrap();
    for found in [0, 431_079, 431_081] {
        let error = graph.check_weights(&vec![0.0; found]).unwrap_err();
        assert_eq!(error, Error::WeightCount { expected: 431_080, found });
        assert_eq!(error.to_string(), format!("the network has 431080 weights, {found} were given"));
    }
    assert_eq!(graph.check_weights(&vec![0.0; 431_080]), Ok(()));
}

#[test]
fn logits_come_before_a_final_softmax() {
    let dense = json!({"op": "dense", "units": 2});
    let (relu, softmax) = (json!({"op": "relu"}), json!({"op": "softmax"}));
    let logits = |layers| chain(json!([3]), layers).unwrap().logits();
    assert_eq!(logits([dense.clone(), relu.clone()]), Source::Node(1));
    assert_eq!(logits([dense.clone(), softmax.clone()]), Source::Node(0));
    assert_eq!(logits([softmax.clone(), dense]), Source::Node(1));
    assert_eq!(chain(json!([3]), [softmax]).unwrap().logits(), Source::Input);
}

#[test]
fn batch_normalisation_has_the_names_of_pytorch_and_only_two_are_trainable() {
    let graph = chain(json!([3, 2, 2]), [json!({"op": "batch_norm"}), json!({"op": "flatten"})]).unwrap();
    let specs = graph.layout().specs().iter();
    let found: Vec<_> = specs.map(|s| (s.name.as_str(), s.range.clone(), s.role.trainable())).collect();
    let expected = [
        ("a.weight", 0..3, true),
        ("a.bias", 3..6, true),
        ("a.running_mean", 6..9, false),
        ("a.running_var", 9..12, false),
    ];
    assert_eq!(found, expected);
    assert_eq!(Summary::of(&graph).parameters, 6);
    let initial = Initializer::He.weights(graph.layout(), 1);
    assert_eq!(initial, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
}
