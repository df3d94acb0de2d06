//! Tensor kernels in `f32`: over [`ndarray`] views the readable reference of every operation, in [`blocked`] those that
//! prediction runs, which are tested against these.
//!
//! Every kernel works on one image at a time and reduces in a fixed order, so an image's result depends
//! on nothing but the image. Feature maps are `[channels, height, width]`, vectors `[n]`. The caller
//! allocates the output; a kernel fills all of it or returns an [`Error`] and leaves it as it was.
//! NaN passes through every kernel as it does in PyTorch.

mod activation;
pub mod blocked;
mod combine;
mod conv2d;
mod dense;
mod depthwise;
mod error;
mod normalize;
mod pool2d;

pub use activation::{hard_sigmoid, hard_swish, leaky_relu, relu, relu6, sigmoid, silu, softmax};
pub use combine::{accumulate, add, multiply, multiply_maps, pad_channels, subsample};
pub use conv2d::{Conv2d, conv2d};
pub use dense::dense;
pub use error::Error;
pub use normalize::{BatchNorm, LocalResponseNorm, batch_norm, local_response_norm};
pub use pool2d::{Pool2d, adaptive_avg_pool2d, avg_pool2d, global_avg_pool2d, global_max_pool2d, max_pool2d};
