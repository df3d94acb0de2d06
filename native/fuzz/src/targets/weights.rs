//! Reading of weights that other programs saved: safetensors, and PyTorch's pickles in a zip archive or by themselves.

use std::sync::LazyLock;

use firesteel_core::network::Network;
use firesteel_core::{Architecture, Error, Preprocessing, import};

/// The network whose weights the seeds hold.
static ARCHITECTURE: LazyLock<Result<Architecture, Error>> = LazyLock::new(|| {
    let network = Network::from_json(
        r#"{"input": [2, 4, 4], "output": "d", "nodes": [
            {"name": "c", "op": "conv2d", "inputs": ["input"], "filters": 3, "kernel": [2, 2]},
            {"name": "n", "op": "batch_norm", "inputs": ["c"]},
            {"name": "f", "op": "flatten", "inputs": ["n"]},
            {"name": "d", "op": "dense", "inputs": ["f"], "units": 2}]}"#,
    )?;
    Ok(Architecture::Own(network, Preprocessing::default()))
});

/// What is accepted has all weights, and they are finite.
pub(super) fn read(file: &[u8]) -> bool {
    let architecture = match &*ARCHITECTURE {
        Ok(architecture) => architecture,
        Err(error) => panic!("{error}"),
    };
    let Ok(model) = import(architecture, file, vec![]) else { return false };
    assert_eq!(model.weights().len(), model.graph().layout().values());
    assert!(model.weights().iter().all(|weight| weight.is_finite()));
    true
}
