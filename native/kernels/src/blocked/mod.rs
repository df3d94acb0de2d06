//! Kernels over feature maps in blocks of 16 channels, compiled for each instruction set: what prediction runs.
//! Everything here computes what the references of this crate compute, but for the last bits of sums, which are
//! rounded otherwise.
//!
//! A kernel is prepared once for its weights, shapes and instruction set; the way in which it then computes an image,
//! and the order of its sums, depends on nothing else.

mod activation;
mod bands;
mod buffers;
mod conv;
mod cut;
mod depthwise;
mod elementwise;
mod isa;
mod lanes;
mod map;
mod pool;
mod source;
mod tile;
mod winograd;

pub use activation::{Activation, activate};
pub use bands::{BlockedBands, Stage};
pub use buffers::Buffers;
pub use conv::{BlockedConv, Ending};
pub use depthwise::BlockedDepthwise;
pub use elementwise::{accumulate, copy_blocks, multiply, scale_and_shift};
pub use isa::Isa;
pub use map::{Border, LANES, Map, Pixel};
pub use pool::{BlockedMaxPool, Windows, mean_pool};
pub use source::Source;
pub use winograd::{BlockedWinograd, WinogradSize};

#[cfg(test)]
mod tests;
