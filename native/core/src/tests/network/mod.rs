//! Networks: descriptions, shapes, layouts.

mod builder;
mod json;
mod layout;
mod mistakes;
mod random;
mod shapes;
mod summary;

use serde_json::{Value, json};

use crate::Error;
use crate::network::{Graph, Network};

/// LeNet with the least that has to be written.
const LENET: &str = r#"{"input": [1, 28, 28], "nodes": [
    {"name": "conv1", "op": "conv2d", "inputs": ["input"], "filters": 20, "kernel": [5, 5]},
    {"name": "relu1", "op": "relu", "inputs": ["conv1"]},
    {"name": "pool1", "op": "max_pool2d", "inputs": ["relu1"], "kernel": [2, 2], "stride": [2, 2]},
    {"name": "conv2", "op": "conv2d", "inputs": ["pool1"], "filters": 50, "kernel": [5, 5]},
    {"name": "relu2", "op": "relu", "inputs": ["conv2"]},
    {"name": "pool2", "op": "max_pool2d", "inputs": ["relu2"], "kernel": [2, 2], "stride": [2, 2]},
    {"name": "flatten1", "op": "flatten", "inputs": ["pool2"]},
    {"name": "dense1", "op": "dense", "inputs": ["flatten1"], "units": 500},
    {"name": "relu3", "op": "relu", "inputs": ["dense1"]},
    {"name": "dense2", "op": "dense", "inputs": ["relu3"], "units": 10}], "output": "dense2"}"#;

/// A chain of layers named `a`, `b`, `c`, ..., given by operation and options.
fn chain<const N: usize>(input: Value, layers: [Value; N]) -> Result<Graph, Error> {
    let mut previous = "input".to_owned();
    let mut nodes = vec![];
    for (mut layer, name) in layers.into_iter().zip('a'..) {
        layer["name"] = json!(name);
        layer["inputs"] = json!([previous]);
        previous = name.to_string();
        nodes.push(layer);
    }
    Graph::from_json(&json!({"input": input, "nodes": nodes, "output": previous}).to_string())
}

/// The network with one piece of its description replaced.
fn replaced(json: &str, old: &str, new: &str) -> Result<Network, Error> {
    assert_eq!(json.matches(old).count(), 1, "'{old}' must stand in the description once");
    Network::from_json(&json.replace(old, new))
}
