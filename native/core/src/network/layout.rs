//! Where each weight of a network lies in the flat array of all its weights.

use std::ops::Range;

use super::{Op, Shape, limits};

/// What a weight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Multiplied with the input.
    Weight,
    /// Added to the result.
    Bias,
    /// Factor of a normalised map.
    Scale,
    /// Added to a normalised map.
    Shift,
    /// Running mean of a map.
    RunningMean,
    /// Running variance of a map.
    RunningVariance,
}

impl Role {
    /// Whether gradients change it. Running means and variances follow the mini-batches instead.
    pub fn trainable(self) -> bool {
        !matches!(self, Role::RunningMean | Role::RunningVariance)
    }
}

/// One named tensor of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightSpec {
    /// As in PyTorch: `conv1.weight`, `conv1.bias`, `bn1.running_mean`, `bn1.running_var`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// `[filters, channels / groups, kh, kw]`, `[units, n]`, or `[n]` of all others.
    pub shape: Vec<usize>,
    /// Its place in the flat array.
    pub range: Range<usize>,
    /// Values that each output of the layer sums up (of a bias: of its layer; of a normalisation: 1).
    pub fan_in: usize,
    /// Outputs that each input of the layer reaches (of a normalisation: 1).
    pub fan_out: usize,
}

/// All weights of a network, in the order of its layers: the layer's weight, then its bias,
/// then its running mean and variance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    specs: Vec<WeightSpec>,
}

impl Layout {
    /// The weights' descriptions.
    pub fn specs(&self) -> &[WeightSpec] {
        &self.specs
    }

    /// The number of values in all weights.
    pub fn values(&self) -> usize {
        self.specs.last().map_or(0, |spec| spec.range.end)
    }

    /// Appends the weights of a layer and returns their places among the descriptions.
    pub(super) fn append(&mut self, layer: &str, op: &Op, input: &Shape) -> Result<Range<usize>, String> {
        let first = self.specs.len();
        let channels = input.dimensions()[0];
        match op {
            Op::Conv2d(conv) => {
                let [kh, kw] = conv.kernel;
                self.push(layer, vec![conv.filters, channels / conv.groups, kh, kw], conv.bias)?;
            }
            Op::Dense(dense) => self.push(layer, vec![dense.units, channels], dense.bias)?,
            Op::BatchNorm(_) => {
                for (name, role) in [
                    ("weight", Role::Scale),
                    ("bias", Role::Shift),
                    ("running_mean", Role::RunningMean),
                    ("running_var", Role::RunningVariance),
                ] {
                    self.push_one(format!("{layer}.{name}"), role, vec![channels], 1, 1)?;
                }
            }
            Op::MaxPool2d(_)
            | Op::AvgPool2d(_)
            | Op::AdaptiveAvgPool2d(_)
            | Op::GlobalMaxPool2d {}
            | Op::GlobalAvgPool2d {}
            | Op::LocalResponseNorm(_)
            | Op::Dropout(_)
            | Op::Add {}
            | Op::Multiply {}
            | Op::Concat {}
            | Op::Subsample(_)
            | Op::PadChannels(_)
            | Op::Relu {}
            | Op::Relu6 {}
            | Op::LeakyRelu(_)
            | Op::Sigmoid {}
            | Op::Silu {}
            | Op::HardSigmoid {}
            | Op::HardSwish {}
            | Op::Flatten {}
            | Op::Softmax {} => {}
        }
        Ok(first..self.specs.len())
    }

    fn push(&mut self, layer: &str, shape: Vec<usize>, bias: bool) -> Result<(), String> {
        let outputs = shape[0];
        let fan_in = product(&shape[1..])?;
        let fan_out = product(&[&[outputs], &shape[2..]].concat())?;
        self.push_one(format!("{layer}.weight"), Role::Weight, shape, fan_in, fan_out)?;
        if bias {
            self.push_one(format!("{layer}.bias"), Role::Bias, vec![outputs], fan_in, fan_out)?;
        }
        Ok(())
    }

    fn push_one(
        &mut self,
        name: String,
        role: Role,
        shape: Vec<usize>,
        fan_in: usize,
        fan_out: usize,
    ) -> Result<(), String> {
        let start = self.values();
        let end = start + product(&shape)?;
        limits::check_weights(end)?;
        self.specs.push(WeightSpec { name, role, shape, range: start..end, fan_in, fan_out });
        Ok(())
    }
}

/// The number of values of a shape, at most what a Java array can hold: the sum of two cannot overflow.
fn product(shape: &[usize]) -> Result<usize, String> {
    shape
        .iter()
        .try_fold(1_usize, |n, &d| n.checked_mul(d))
        .filter(|&n| n <= i32::MAX as usize)
        .ok_or_else(|| format!("weights of shape {shape:?} have more than {} values", i32::MAX))
}
