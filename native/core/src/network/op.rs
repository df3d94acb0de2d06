//! The operations that a layer can perform.

use serde::{Deserialize, Serialize};

use super::options::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, LeakyRelu, LocalResponseNorm,
    PadChannels, Pool2d, Subsample,
};

/// An operation; in JSON its name is the field `op`, its options stand beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Two-dimensional convolution: `[c, h, w]` -> `[filters, oh, ow]`.
    Conv2d(Conv2d),
    /// Largest value of each window: `[c, h, w]` -> `[c, oh, ow]`.
    MaxPool2d(Pool2d),
    /// Mean of each window: `[c, h, w]` -> `[c, oh, ow]`.
    AvgPool2d(AvgPool2d),
    /// Mean of as many windows of about one size as the output has values: `[c, h, w]` -> `[c, oh, ow]`.
    AdaptiveAvgPool2d(AdaptiveAvgPool2d),
    /// Largest value of each map: `[c, h, w]` -> `[c, 1, 1]`.
    GlobalMaxPool2d {},
    /// Mean of each map: `[c, h, w]` -> `[c, 1, 1]`.
    GlobalAvgPool2d {},
    /// Fully connected layer: `[n]` -> `[units]`.
    Dense(Dense),
    /// Normalises each map (Ioffe and Szegedy 2015): `[c, h, w]` -> `[c, h, w]`. In training by the mean and
    /// variance of the mini-batch, in prediction by the running ones.
    BatchNorm(BatchNorm),
    /// Divides each value by a power of the squares near it in the neighbouring maps (Krizhevsky et al. 2012):
    /// `[c, h, w]` -> `[c, h, w]`.
    LocalResponseNorm(LocalResponseNorm),
    /// In training sets values to 0 at random (Srivastava et al. 2014), any shape; nothing in prediction.
    Dropout(Dropout),
    /// Sum of two or more inputs of one shape.
    Add {},
    /// Product of two inputs of one shape, or of maps `[c, h, w]` and a factor for each of them `[c, 1, 1]`.
    Multiply {},
    /// Two or more inputs behind each other: maps of one height and width `[c_i, h, w]` -> `[sum c_i, h, w]`,
    /// vectors `[n_i]` -> `[sum n_i]`.
    Concat {},
    /// Every so-manieth row and column, beginning with the first: `[c, h, w]` -> `[c, oh, ow]`.
    Subsample(Subsample),
    /// Maps of zeros before and after: `[c, h, w]` -> `[before + c + after, h, w]`.
    PadChannels(PadChannels),
    /// `max(x, 0)`, any shape.
    Relu {},
    /// `min(max(x, 0), 6)`, any shape.
    Relu6 {},
    /// `x` above 0, `slope * x` below, any shape.
    LeakyRelu(LeakyRelu),
    /// `1 / (1 + exp(-x))`, any shape.
    Sigmoid {},
    /// `x * sigmoid(x)`, any shape.
    Silu {},
    /// `min(max(x + 3, 0), 6) / 6`, any shape.
    HardSigmoid {},
    /// `x * hard_sigmoid(x)`, any shape.
    HardSwish {},
    /// `[c, h, w]` -> `[c * h * w]`.
    Flatten {},
    /// Probabilities: `[n]` -> `[n]`.
    Softmax {},
}

impl Op {
    /// The operation's name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Conv2d(_) => "conv2d",
            Op::MaxPool2d(_) => "max_pool2d",
            Op::AvgPool2d(_) => "avg_pool2d",
            Op::AdaptiveAvgPool2d(_) => "adaptive_avg_pool2d",
            Op::GlobalMaxPool2d {} => "global_max_pool2d",
            Op::GlobalAvgPool2d {} => "global_avg_pool2d",
            Op::Dense(_) => "dense",
            Op::BatchNorm(_) => "batch_norm",
            Op::LocalResponseNorm(_) => "local_response_norm",
            Op::Dropout(_) => "dropout",
            Op::Add {} => "add",
            Op::Multiply {} => "multiply",
            Op::Concat {} => "concat",
            Op::Subsample(_) => "subsample",
            Op::PadChannels(_) => "pad_channels",
            Op::Relu {} => "relu",
            Op::Relu6 {} => "relu6",
            Op::LeakyRelu(_) => "leaky_relu",
            Op::Sigmoid {} => "sigmoid",
            Op::Silu {} => "silu",
            Op::HardSigmoid {} => "hard_sigmoid",
            Op::HardSwish {} => "hard_swish",
            Op::Flatten {} => "flatten",
            Op::Softmax {} => "softmax",
        }
    }

    /// Whether each value of the result is made of one value of each input, all of one shape.
    pub fn is_by_value(&self) -> bool {
        matches!(
            self,
            Op::Add {}
                | Op::Multiply {}
                | Op::Relu {}
                | Op::Relu6 {}
                | Op::LeakyRelu(_)
                | Op::Sigmoid {}
                | Op::Silu {}
                | Op::HardSigmoid {}
                | Op::HardSwish {}
        )
    }

    /// Whether prediction leaves the values of the input as they are: the result needs no memory of its own.
    pub fn keeps_values(&self) -> bool {
        matches!(self, Op::Flatten {} | Op::Dropout(_))
    }
}
