//! What is summed up of a network.

use super::LENET;
use crate::network::{Graph, Network, Summary};
use serde_json::json;

fn features(network: &Network) -> serde_json::Value {
    serde_json::to_value(Summary::of(&Graph::new(network).unwrap())).unwrap()["features"].clone()
}

#[test]
fn features_are_what_the_last_layer_with_weights_reads() {
    assert_eq!(features(&Network::from_json(LENET).unwrap()), "relu3");
    let input = || Network::input(&[1, 6, 6]);
    assert_eq!(features(&input().conv(2, 3).flatten().dense(3).softmax().build()), "flatten1");
    assert_eq!(features(&input().conv(2, 3).relu().conv(3, 1).global_avg_pool().flatten().build()), "relu1");
}

#[test]
fn a_network_whose_last_weights_read_its_input_has_no_features() {
    assert_eq!(features(&Network::input(&[4]).dense(3).softmax().build()), json!(null));
    assert_eq!(features(&Network::input(&[4]).softmax().build()), json!(null));
}

#[test]
fn layers_are_listed_with_shape_and_size() {
    let summary = Summary::of(&Graph::new(&Network::input(&[1, 6, 6]).conv(2, 3).flatten().build()).unwrap());
    let value = serde_json::to_value(summary).unwrap();
    let expected = json!({
        "input": [1, 6, 6], "classes": 32, "parameters": 20, "features": null,
        "layers": [
            {"name": "conv1", "op": "conv2d", "output": [2, 4, 4], "parameters": 20},
            {"name": "flatten1", "op": "flatten", "output": [32], "parameters": 0},
        ],
    });
    assert_eq!(value, expected);
}
