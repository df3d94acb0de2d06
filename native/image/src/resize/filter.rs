//! Pillow's filters, and the weights of every output position as integers.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Bits behind the binary point of a weight, as in Pillow: a sum of 8-bit values fits into 32 bits.
pub(super) const FRACTION_BITS: u32 = 32 - 8 - 2;

/// How values between pixels are found. All but [`Filter::Nearest`] widen when shrinking (antialias).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// A triangle over 2 pixels; the default.
    #[default]
    Bilinear,
    /// Keys' cubic with a = -0.5, over 4 pixels.
    Bicubic,
    /// A windowed sinc over 6 pixels.
    Lanczos,
}

impl Filter {
    /// How far the filter reaches from its centre, in pixels.
    fn support(self) -> f64 {
        match self {
            Filter::Nearest => 0.0,
            Filter::Bilinear => 1.0,
            Filter::Bicubic => 2.0,
            Filter::Lanczos => 3.0,
        }
    }

    fn at(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            Filter::Nearest => 0.0,
            Filter::Bilinear => (1.0 - distance).max(0.0),
            Filter::Bicubic => cubic(distance),
            Filter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Filter::Lanczos => 0.0,
        }
    }
}

fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}

/// The input positions that each output position sums up, and with which weights.
pub(super) struct Weights {
    /// The first input position of each output position.
    pub(super) starts: Vec<usize>,
    /// Input positions of an output position, at most.
    pub(super) taps: usize,
    /// `taps` weights for each output position; behind those that count, zeros.
    pub(super) values: Vec<i32>,
    /// How many of the weights of each output position count.
    pub(super) counts: Vec<usize>,
}

impl Weights {
    /// Those of the output positions `range` of `output`, over `input` input positions.
    pub(super) fn new(filter: Filter, input: usize, output: usize, range: Range<usize>) -> Weights {
        let scale = input as f64 / output as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let (mut starts, mut counts, mut rows) = (vec![], vec![], vec![]);
        for position in range {
            let center = (position as f64 + 0.5) * scale;
            // Casts to usize round towards 0 and take negative numbers to 0.
            let start = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(input);
            let mut row: Vec<f64> =
                (start..end).map(|i| filter.at((i as f64 - center + 0.5) * (1.0 / stretch))).collect();
            let sum: f64 = row.iter().sum();
            if sum != 0.0 {
                row.iter_mut().for_each(|weight| *weight /= sum);
            }
            starts.push(start);
            counts.push(row.len());
            rows.push(row);
        }
        let taps = counts.iter().copied().max().unwrap_or(0);
        let mut values = vec![0; rows.len() * taps];
        for (row, out) in rows.iter().zip(values.chunks_mut(taps.max(1))) {
            for (weight, out) in row.iter().zip(out) {
                *out = fixed_point(*weight);
            }
        }
        Weights { starts, taps, values, counts }
    }

    /// The input positions that are needed.
    pub(super) fn needed(&self) -> Range<usize> {
        let ends = self.starts.iter().zip(&self.counts).map(|(start, count)| start + count);
        self.starts.iter().copied().min().unwrap_or(0)..ends.max().unwrap_or(0)
    }

    /// The same for an input that begins at the position `first`.
    pub(super) fn from(mut self, first: usize) -> Weights {
        self.starts.iter_mut().for_each(|start| *start -= first);
        self
    }

    /// The first input position and the weights of an output position.
    pub(super) fn of(&self, i: usize) -> (usize, &[i32]) {
        (self.starts[i], &self.values[i * self.taps..][..self.counts[i]])
    }
}

fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << FRACTION_BITS);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

/// A sum of weighted 8-bit values, begun with [`HALF`], as an 8-bit value.
#[inline(always)]
pub(super) fn to_u8(sum: i32) -> u8 {
    (sum >> FRACTION_BITS).clamp(0, 255) as u8
}

/// Half a unit, so that [`to_u8`] rounds.
pub(super) const HALF: i32 = 1 << (FRACTION_BITS - 1);
