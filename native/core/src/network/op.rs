//! The operations that a layer can perform, with their options.

use serde::{Deserialize, Serialize};

/// An operation; in JSON its name is the field `op`, its options stand beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Two-dimensional convolution: `[c, h, w]` -> `[filters, oh, ow]`.
    Conv2d(Conv2d),
    /// Largest value of each window: `[c, h, w]` -> `[c, oh, ow]`.
    MaxPool2d(Pool2d),
    /// Mean of each window, padding included: `[c, h, w]` -> `[c, oh, ow]`.
    AvgPool2d(Pool2d),
    /// Largest value of each map: `[c, h, w]` -> `[c, 1, 1]`.
    GlobalMaxPool2d {},
    /// Mean of each map: `[c, h, w]` -> `[c, 1, 1]`.
    GlobalAvgPool2d {},
    /// Fully connected layer: `[n]` -> `[units]`.
    Dense(Dense),
    /// `max(x, 0)`, any shape.
    Relu {},
    /// `[c, h, w]` -> `[c * h * w]`.
    Flatten {},
    /// Probabilities: `[n]` -> `[n]`.
    Softmax {},
}

/// Options of a convolution; pairs are (height, width).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv2d {
    /// Number of output channels.
    pub filters: usize,
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Step of the window; default 1.
    #[serde(default = "ones")]
    pub stride: [usize; 2],
    /// Zeros around the input; default none.
    #[serde(default)]
    pub padding: Padding,
    /// Distance of two taps of the kernel; default 1.
    #[serde(default = "ones")]
    pub dilation: [usize; 2],
    /// Groups of channels that do not see each other; default 1.
    #[serde(default = "one")]
    pub groups: usize,
    /// Whether a number per filter is added; default true.
    #[serde(default = "yes")]
    pub bias: bool,
}

/// Options of a pooling window; pairs are (height, width).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool2d {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Step of the window.
    pub stride: [usize; 2],
    /// Padding on each side, at most half of the kernel; default none.
    #[serde(default)]
    pub padding: [usize; 2],
}

/// Options of a fully connected layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Number of outputs.
    pub units: usize,
    /// Whether a number per output is added; default true.
    #[serde(default = "yes")]
    pub bias: bool,
}

/// How a convolution pads its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "padding must be \"same\" or [height, width]")]
pub enum Padding {
    /// So many zeros on each side, (height, width).
    Explicit([usize; 2]),
    /// Zeros so that `out = ceil(in / stride)`; where their number is odd, the extra one goes after, as in
    /// TensorFlow and, for stride 1, in PyTorch.
    Named(Same),
}

/// The name of the padding that keeps the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Same {
    /// See [`Padding::Named`].
    Same,
}

impl Padding {
    /// Padding that keeps the size.
    pub const SAME: Padding = Padding::Named(Same::Same);
}

impl Default for Padding {
    fn default() -> Self {
        Padding::Explicit([0, 0])
    }
}

impl Op {
    /// The operation's name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Conv2d(_) => "conv2d",
            Op::MaxPool2d(_) => "max_pool2d",
            Op::AvgPool2d(_) => "avg_pool2d",
            Op::GlobalMaxPool2d {} => "global_max_pool2d",
            Op::GlobalAvgPool2d {} => "global_avg_pool2d",
            Op::Dense(_) => "dense",
            Op::Relu {} => "relu",
            Op::Flatten {} => "flatten",
            Op::Softmax {} => "softmax",
        }
    }
}

fn one() -> usize {
    1
}

fn ones() -> [usize; 2] {
    [1, 1]
}

fn yes() -> bool {
    true
}
