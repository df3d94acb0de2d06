//! Model files.

mod beginning;
mod damaged;
mod foreign;
mod mismatched;
mod offsets;
mod python;
mod round_trip;

use serde_json::{Value, json};

use crate::network::{Graph, Network};
use crate::tests::formula;
use crate::{Error, Model, Preprocessing, read_model};

/// A model of two weights: `dense1.weight` `[2, 2]` and `dense1.bias` `[2]`, 24 bytes.
fn small() -> Model {
    let graph = Graph::new(&Network::input(&[2]).dense(2).build()).unwrap();
    let weights = formula::weights(graph.layout());
    let labels = ["cat", "dog"].map(str::to_owned).to_vec();
    Model::new(graph, Preprocessing::default(), labels, weights).unwrap()
}

/// A safetensors file with that header.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// The header of the small model's file, as the format describes it.
fn header() -> Value {
    json!({
        "__metadata__": {"firesteel": metadata().to_string()},
        "dense1.weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "dense1.bias": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]},
    })
}

/// What the header of the small model's file says beside the weights.
fn metadata() -> Value {
    json!({
        "format": 1,
        "network": {
            "input": [2],
            "nodes": [{"name": "dense1", "op": "dense", "inputs": ["input"], "units": 2}],
            "output": "dense1",
        },
        "preprocessing": {},
        "labels": ["cat", "dog"],
    })
}

fn header_with(metadata: &Value) -> Value {
    let mut header = header();
    header["__metadata__"]["firesteel"] = json!(metadata.to_string());
    header
}

/// The small model's weights as bytes.
fn data() -> Vec<u8> {
    small().weights().iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// What is wrong with a file.
fn problems(file: &[u8]) -> Vec<String> {
    match read_model(file) {
        Err(Error::ModelFile(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

/// What is wrong with a file of that header and the small model's weights.
fn problems_of(header: &Value) -> Vec<String> {
    problems(&file(&header.to_string(), &data()))
}

/// Everything about a model that can be compared.
fn parts(model: &Model) -> (&Network, &Preprocessing, &[String], Vec<u32>) {
    let weights = model.weights().iter().map(|w| w.to_bits()).collect();
    (model.graph().network(), model.preprocessing(), model.labels(), weights)
}
