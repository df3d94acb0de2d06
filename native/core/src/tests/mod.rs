//! Tests of the crate as its users see it.

mod augmentations;
mod import;
mod model_file;
mod network;
mod predictor;
mod zoo;

#[path = "../../../../tests/parity/data.rs"]
mod data;
#[path = "../../../../tests/parity/expected.rs"]
mod expected;
#[path = "../../../../tests/parity/formula.rs"]
mod formula;
#[path = "../../../../tests/parity/networks.rs"]
mod networks;
