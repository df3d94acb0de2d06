//! Networks, weights, model files and prediction. Knows neither Java nor Spark nor libtorch.
//!
//! A [`network::Network`] describes layers; a [`network::Graph`] is a network whose shapes have been
//! checked; a [`Model`] is a graph with weights, preprocessing and labels; a [`Predictor`] runs a model on
//! encoded rows, one image at a time. [`zoo`] holds networks that many people know, and [`import()`] reads their
//! weights from other programs' files.

mod augmentations;
mod error;
mod images;
mod import;
mod initializer;
mod json;
mod model;
mod model_file;
pub mod network;
mod predictor;
mod preprocessing;
pub mod random;
mod status;
mod transfer;
pub mod zoo;

pub use augmentations::Augmentations;
pub use error::{Error, ErrorKind};
pub use firesteel_image as image;
pub use firesteel_kernels::blocked::Isa;
pub use images::{Image, ImageReader, by_row, status_of};
pub use import::{Architecture, import};
pub use initializer::Initializer;
pub use model::Model;
pub use model_file::{Digest, Metadata, read as read_model, read_header, write as write_model};
pub use predictor::{Kernels, Predictor, Row, Scorer, StepProfile};
pub use preprocessing::{ByteTable, Preprocessing};
pub use status::Status;
pub use transfer::transfer;

#[cfg(test)]
extern crate self as firesteel_core;
#[cfg(test)]
mod tests;
