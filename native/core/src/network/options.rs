//! The options of operations.

use serde::{Deserialize, Serialize};

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
    /// Whether a last window that only begins inside the input or its padding before it counts; default false.
    #[serde(default)]
    pub ceil_mode: bool,
}

/// Options of a mean over windows; pairs are (height, width).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvgPool2d {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Step of the window.
    pub stride: [usize; 2],
    /// Padding on each side, at most half of the kernel; default none.
    #[serde(default)]
    pub padding: [usize; 2],
    /// As that of [`Pool2d`]; default false.
    #[serde(default)]
    pub ceil_mode: bool,
    /// Whether the padding's zeros count in the mean; default true.
    #[serde(default = "yes")]
    pub count_include_pad: bool,
}

impl AvgPool2d {
    /// The window alone.
    pub fn window(&self) -> Pool2d {
        let AvgPool2d { kernel, stride, padding, ceil_mode, .. } = *self;
        Pool2d { kernel, stride, padding, ceil_mode }
    }
}

/// Options of a mean over windows that are fitted to the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveAvgPool2d {
    /// Size of the result, (height, width).
    pub size: [usize; 2],
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

/// Options of batch normalisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNorm {
    /// What is added to the variance, above 0; default 1e-5.
    #[serde(default = "batch_norm_eps")]
    pub eps: f64,
    /// Share of a mini-batch in the running mean and variance, 0 to 1; default 0.1.
    #[serde(default = "batch_norm_momentum")]
    pub momentum: f64,
}

impl Default for BatchNorm {
    fn default() -> Self {
        BatchNorm { eps: batch_norm_eps(), momentum: batch_norm_momentum() }
    }
}

/// Options of local response normalisation: `x / (k + alpha * mean of squares)^beta`, the mean over `size`
/// neighbouring maps, of which those before the first and after the last are 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalResponseNorm {
    /// Number of neighbouring maps, `size / 2` of them before; at least 1.
    pub size: usize,
    /// Factor of the mean; default 1e-4.
    #[serde(default = "response_alpha")]
    pub alpha: f64,
    /// The power; default 0.75.
    #[serde(default = "response_beta")]
    pub beta: f64,
    /// What is added, above 0; default 1.
    #[serde(default = "response_k")]
    pub k: f64,
}

/// Options of dropout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Probability of a value to become 0, at least 0 and below 1; the others are divided by `1 - p`.
    /// Default 0.5.
    #[serde(default = "half")]
    pub p: f64,
}

/// Options of the leaky ReLU.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeakyRelu {
    /// Factor of values below 0; default 0.01.
    #[serde(default = "leaky_slope")]
    pub slope: f64,
}

/// Options of taking rows and columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subsample {
    /// Distance of two rows and of two columns that are taken.
    pub step: [usize; 2],
}

/// Options of adding maps of zeros.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PadChannels {
    /// Maps of zeros before the first; default 0.
    #[serde(default)]
    pub before: usize,
    /// Maps of zeros after the last; default 0.
    #[serde(default)]
    pub after: usize,
}

/// How a convolution pads its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "padding must be \"same\" or [height, width] or [top, left, bottom, right]")]
pub enum Padding {
    /// So many zeros on each side, (height, width).
    Explicit([usize; 2]),
    /// So many zeros on each side: top, left, bottom, right.
    Sides([usize; 4]),
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

fn one() -> usize {
    1
}

fn ones() -> [usize; 2] {
    [1, 1]
}

fn yes() -> bool {
    true
}

fn half() -> f64 {
    0.5
}

fn batch_norm_eps() -> f64 {
    1e-5
}

fn batch_norm_momentum() -> f64 {
    0.1
}

fn response_alpha() -> f64 {
    1e-4
}

fn response_beta() -> f64 {
    0.75
}

fn response_k() -> f64 {
    1.0
}

fn leaky_slope() -> f64 {
    0.01
}
