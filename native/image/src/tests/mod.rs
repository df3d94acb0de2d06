//! Tests of the crate as its users see it.

mod augment;
mod decode;
mod encoded;
mod expected;
mod files;
mod forms;
mod header;
mod hostile;
mod limits;
mod lossless;
mod preparation;
mod resize;
mod webp_files;

#[path = "../../../../tests/parity/data.rs"]
mod data;
