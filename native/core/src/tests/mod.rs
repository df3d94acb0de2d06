//! Tests of the crate as its users see it.

mod model_file;
mod network;
mod predictor;

#[path = "../../../../tests/parity/expected.rs"]
mod expected;
#[path = "../../../../tests/parity/formula.rs"]
mod formula;
#[path = "../../../../tests/parity/networks.rs"]
mod networks;
