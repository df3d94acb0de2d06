//! What is done to each value by itself, over blocks of 16 channels. Maps may have different borders; those of results
//! are left as they are. Buffers are as long as their maps say.

use super::isa::{Isa, for_each_isa};
use super::map::{LANES, Map, Pixel, floats, floats_mut};

/// A function of one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// The value within bounds: ReLU and ReLU6.
    Clamp([f32; 2]),
    /// The value above 0, this times the value below.
    LeakyRelu(f32),
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x * sigmoid(x)`.
    Silu,
    /// `min(max(x + 3, 0), 6) / 6`.
    HardSigmoid,
    /// `x * hard_sigmoid(x)`.
    HardSwish,
}

impl Activation {
    /// Nothing is done.
    pub const NONE: Activation = Activation::Clamp([f32::NEG_INFINITY, f32::INFINITY]);

    /// The bounds of the result, where that is all: else none.
    pub fn bounds(self) -> [f32; 2] {
        if let Activation::Clamp(bounds) = self { bounds } else { [f32::NEG_INFINITY, f32::INFINITY] }
    }

    /// What is left to do where the bounds have been kept, if anything.
    pub(super) fn beyond_bounds(self) -> Option<Activation> {
        if matches!(self, Activation::Clamp(_)) { None } else { Some(self) }
    }
}

/// `y = activation(y)` of values that have just been written, and so are near.
pub(super) fn activate_in_place(isa: Isa, activation: Activation, y: &mut [Pixel]) {
    match activation {
        Activation::Clamp(bounds) => clamp_all(isa, y, bounds),
        Activation::LeakyRelu(slope) => leaky_all(isa, y, slope),
        Activation::Sigmoid => sigmoid_all(isa, y),
        Activation::Silu => silu_all(isa, y),
        Activation::HardSigmoid => hard_sigmoid_all(isa, y),
        Activation::HardSwish => hard_swish_all(isa, y),
    }
}

/// `y = activation(x)`.
pub fn activate(isa: Isa, activation: Activation, x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
    match activation {
        Activation::Clamp(bounds) => clamp_rows(isa, x, y, bounds),
        Activation::LeakyRelu(slope) => leaky_rows(isa, x, y, slope),
        Activation::Sigmoid => sigmoid_rows(isa, x, y),
        Activation::Silu => silu_rows(isa, x, y),
        Activation::HardSigmoid => hard_sigmoid_rows(isa, x, y),
        Activation::HardSwish => hard_swish_rows(isa, x, y),
    }
}

/// Calls `row` with the values of each row, of `x` and of `y`, and the number of the block.
#[inline(always)]
fn rows(x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel]), mut row: impl FnMut(usize, &[Pixel], &mut [Pixel])) {
    let (x_map, x) = x;
    let (y_map, y) = y;
    for block in 0..y_map.blocks() {
        for line in 0..y_map.height {
            let from = &x[x_map.start(block, line)..][..y_map.width];
            row(block, from, &mut y[y_map.start(block, line)..][..y_map.width]);
        }
    }
}

#[inline(always)]
fn clamp(v: f32, [low, high]: [f32; 2]) -> f32 {
    // `f32::max` would lose a NaN.
    let v = if v < low { low } else { v };
    if v > high { high } else { v }
}

/// `exp(x)` to about 1e-7 of its value, for the compiler to compute several at a time: 2^n times a polynomial
/// (Cephes, `expf`).
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // Beyond these the result is 0 or infinity, or nearly.
    let x = clamp(x, [-87.3, 88.7]);
    // Rounded to the nearest whole number by a sum that has no room for a fraction: its last bits are that number.
    const ROUND: f32 = 12_582_912.0;
    let rounded = x * LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = ((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r
        + 1.666_666_5e-1)
        * r
        + 0.5;
    let power = f32::from_bits(rounded.to_bits().wrapping_sub(ROUND.to_bits() - 127) << 23);
    (p * r * r + r + 1.0) * power
}

/// A function of one value, over maps and in place.
macro_rules! activation {
    ($rows:ident, $all:ident, ($($argument:ident: $type:ty)?), |$v:ident| $result:expr) => {
        for_each_isa! {
            fn $rows(x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel]), $($argument: $type)?) {
                rows(x, y, |_, x, y| {
                    for (&$v, y) in floats(x).iter().zip(floats_mut(y)) {
                        *y = $result;
                    }
                });
            }
        }

        for_each_isa! {
            fn $all(y: &mut [Pixel], $($argument: $type)?) {
                for y in floats_mut(y) {
                    let $v = *y;
                    *y = $result;
                }
            }
        }
    };
}

activation!(clamp_rows, clamp_all, (bounds: [f32; 2]), |v| clamp(v, bounds));
activation!(leaky_rows, leaky_all, (slope: f32), |v| if v > 0.0 { v } else { slope * v });
activation!(sigmoid_rows, sigmoid_all, (), |v| 1.0 / (1.0 + exp(-v)));
activation!(silu_rows, silu_all, (), |v| v / (1.0 + exp(-v)));
activation!(hard_sigmoid_rows, hard_sigmoid_all, (), |v| clamp(v + 3.0, [0.0, 6.0]) / 6.0);
activation!(hard_swish_rows, hard_swish_all, (), |v| v * (clamp(v + 3.0, [0.0, 6.0]) / 6.0));

for_each_isa! {
    /// `y = clamp(x * factor + shift)` with a factor and a shift for each channel.
    pub fn scale_and_shift(
        x: (&Map, &[Pixel]),
        factor: &[Pixel],
        shift: &[Pixel],
        bounds: [f32; 2],
        y: (&Map, &mut [Pixel]),
    ) {
        rows(x, y, |block, x, y| {
            let (factor, shift) = (factor[block], shift[block]);
            for (x, y) in x.iter().zip(y) {
                for lane in 0..LANES {
                    y.0[lane] = clamp(x.0[lane] * factor.0[lane] + shift.0[lane], bounds);
                }
            }
        });
    }
}

for_each_isa! {
    /// `y = clamp(y + x)`.
    pub fn accumulate(x: (&Map, &[Pixel]), bounds: [f32; 2], y: (&Map, &mut [Pixel])) {
        rows(x, y, |_, x, y| {
            for (x, y) in x.iter().zip(y) {
                for lane in 0..LANES {
                    y.0[lane] = clamp(y.0[lane] + x.0[lane], bounds);
                }
            }
        });
    }
}

for_each_isa! {
    /// `y = x * factors`, where `factors` are a map of the same size or of one pixel.
    pub fn multiply(x: (&Map, &[Pixel]), factors: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
        let (map, factors) = factors;
        let (y_map, y) = y;
        let one = map.height * map.width == 1;
        let (x_map, x) = x;
        for block in 0..y_map.blocks() {
            for line in 0..y_map.height {
                let x = &x[x_map.start(block, line)..][..y_map.width];
                let y = &mut y[y_map.start(block, line)..][..y_map.width];
                let from = map.start(block, if one { 0 } else { line });
                for (column, (x, y)) in x.iter().zip(y).enumerate() {
                    let factor = &factors[if one { from } else { from + column }];
                    for lane in 0..LANES {
                        y.0[lane] = x.0[lane] * factor.0[lane];
                    }
                }
            }
        }
    }
}

/// Copies a map's values: all of `x` to the blocks of `y` from `first` on.
pub fn copy_blocks(x: (&Map, &[Pixel]), first: usize, y: (&Map, &mut [Pixel])) {
    let (x_map, x) = x;
    let (y_map, y) = y;
    for block in 0..x_map.blocks() {
        for line in 0..x_map.height {
            let from = &x[x_map.start(block, line)..][..x_map.width];
            y[y_map.start(first + block, line)..][..x_map.width].copy_from_slice(from);
        }
    }
}
