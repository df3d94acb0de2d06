//! Weights of other programs.

mod checkpoints;
mod mismatches;
mod pickles;
mod pretrained;

use serde::Deserialize;

use crate::network::{Graph, Network};
use crate::tests::{expected, formula};
use crate::{Architecture, Error, Model, Preprocessing, import};

/// A file that PyTorch saved.
#[derive(Deserialize)]
struct Checkpoint {
    name: String,
    /// In hexadecimal.
    file: String,
    /// A part of the message with which it is refused.
    refused: Option<String>,
}

impl Checkpoint {
    fn bytes(&self) -> Vec<u8> {
        let (pairs, rest) = self.file.as_bytes().as_chunks::<2>();
        assert!(rest.is_empty());
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.iter().map(byte).collect()
    }
}

fn checkpoints() -> Vec<Checkpoint> {
    let all: Vec<Checkpoint> = expected::read("checkpoints.json");
    assert!(all.len() >= 25, "{}", all.len());
    all
}

fn checkpoint(name: &str) -> Vec<u8> {
    checkpoints().iter().find(|checkpoint| checkpoint.name == name).unwrap().bytes()
}

/// The network whose weights the files hold.
fn network() -> Network {
    Network::from_json(
        r#"{"input": [2, 4, 4], "output": "d", "nodes": [
            {"name": "c", "op": "conv2d", "inputs": ["input"], "filters": 3, "kernel": [2, 2]},
            {"name": "n", "op": "batch_norm", "inputs": ["c"]},
            {"name": "f", "op": "flatten", "inputs": ["n"]},
            {"name": "d", "op": "dense", "inputs": ["f"], "units": 2}]}"#,
    )
    .unwrap()
}

/// The weights in the files.
fn weights() -> Vec<f32> {
    let graph = Graph::new(&network()).unwrap();
    let values = |spec: &crate::network::WeightSpec| formula::floats(&spec.name, spec.range.len(), 0.5);
    graph.layout().specs().iter().flat_map(values).map(|v| 1.0 + v).collect()
}

fn read(file: &[u8]) -> Result<Model, Error> {
    import(&Architecture::Own(network(), Preprocessing::default()), file, vec![])
}

/// What is wrong with a file.
fn problems(file: &[u8]) -> Vec<String> {
    match read(file) {
        Err(Error::WeightsFile(problems)) => problems,
        other => panic!("{other:?}"),
    }
}
