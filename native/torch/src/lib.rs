//! Training on libtorch through tch.
//!
//! A round is a function of (weights, optimizer state, mini-batches) to (weights, optimizer state, losses):
//! a [`Trainer`] takes the first two in, makes a [`step`](Trainer::step) for every mini-batch, and gives them
//! back. Only the fallible `f_` functions of tch are used, after shapes have been checked in Rust.

mod bytes;
mod config;
mod error;
mod forward;
mod masks;
mod selection;
mod sgd;
mod threads;
mod trainer;

#[cfg(test)]
mod tests;

pub use config::{Config, DeviceChoice, Randomness};
pub use error::Error;
pub use trainer::{Batch, Inputs, StepResult, Trainer};
