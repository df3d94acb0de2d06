//! Convolutions that see one channel each, over blocks of 16 channels.

#![allow(unsafe_code)] // Pointers into buffers whose sizes have been checked, and the processor's intrinsics.

use ndarray::ArrayView4;

use super::elementwise::{Activation, activate_in_place};
use super::isa::{Isa, Set};
use super::lanes::Lanes;
use super::lanes::Portable;
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::map::{LANES, Map, Pixel};
use super::source::Source;
use crate::Error;
use crate::conv2d::Conv2d;

/// Pixels at a time: as many sums as registers hold in any instruction set.
const PIXELS: usize = 7;

/// A depthwise convolution for an instruction set, an input and an output.
#[derive(Debug)]
pub struct BlockedDepthwise {
    /// For each block, its bias and then a block of weights for each tap.
    weights: Vec<Pixel>,
    /// From the beginning of a window to its taps, in floats.
    taps: Vec<u32>,
    steps: [usize; 2],
    start: usize,
    x: Map,
    y: Map,
    activation: Activation,
    isa: Isa,
    kernel: Kernel,
}

type Kernel = unsafe fn(&Row);

/// Some pixels of a row.
struct Row<'a> {
    x: *const f32,
    taps: &'a [u32],
    weights: *const f32,
    bounds: [f32; 2],
    y: *mut f32,
    step: usize,
}

impl BlockedDepthwise {
    /// Prepares a convolution of as many groups as channels. `weight` is `[channels, 1, kh, kw]`, `bias`
    /// `[channels]`. An error where shapes do not fit or a window leaves the border of `x`.
    pub fn new(
        isa: Isa,
        weight: ArrayView4<f32>,
        bias: &[f32],
        geometry: &Conv2d,
        x: Map,
        y: Map,
        activation: Activation,
    ) -> Result<BlockedDepthwise, Error> {
        let (filters, one, kh, kw) = weight.dim();
        let found = vec![filters, one, bias.len(), y.channels];
        let source = Source::blocks(x);
        let start = source.window_start(geometry, [kh, kw], [y.height, y.width]);
        let Some(start) = start.filter(|_| found == [x.channels, 1, x.channels, x.channels]) else {
            let expected = vec![x.channels, 1, x.channels, x.channels];
            return Err(Error {
                kernel: "blocked depthwise convolution",
                what: "shapes or border",
                found,
                expected,
            });
        };
        let lanes = |block: usize, value: &dyn Fn(usize) -> f32| {
            Pixel(std::array::from_fn(|lane| {
                let channel = block * LANES + lane;
                if channel < filters { value(channel) } else { 0.0 }
            }))
        };
        let mut weights = vec![];
        for block in 0..x.blocks() {
            weights.push(lanes(block, &|channel| bias[channel]));
            for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
                weights.push(lanes(block, &|channel| weight[[channel, 0, ky, kx]]));
            }
        }
        let taps = source.taps(0..1, [kh, kw], geometry.dilation);
        Ok(BlockedDepthwise {
            weights,
            taps: taps.iter().map(|tap| tap.offset as u32).collect(),
            steps: [geometry.stride[0] * source.row(), geometry.stride[1] * source.pixel()],
            start,
            x,
            y,
            activation,
            isa,
            kernel: kernel(isa, PIXELS.min(y.width), geometry.stride[1] * source.pixel()),
        })
    }

    /// Bytes of the weights.
    pub fn bytes(&self) -> usize {
        size_of_val(self.weights.as_slice())
    }

    /// Computes the convolution of one image. The border of `y` is left as it is.
    pub fn run(&self, x: &[Pixel], y: &mut [Pixel]) -> Result<(), Error> {
        let (found, expected) = ([x.len(), y.len()], [self.x.pixels(), self.y.pixels()]);
        if found != expected {
            let (found, expected) = (found.to_vec(), expected.to_vec());
            return Err(Error { kernel: "blocked depthwise convolution", what: "buffers", found, expected });
        }
        let pixels = PIXELS.min(self.y.width);
        let (bounds, more) = (self.activation.bounds(), self.activation.beyond_bounds());
        for block in 0..self.x.blocks() {
            let weights = &self.weights[block * (self.taps.len() + 1)..];
            for row in 0..self.y.height {
                let from = block * self.x.block() * LANES + self.start + row * self.steps[0];
                let to = self.y.start(block, row);
                let mut column = 0;
                while column < self.y.width {
                    let left = self.y.width - column;
                    // The last tile may compute some pixels of the one before again, to the same values.
                    let at = if left < pixels { self.y.width - pixels } else { column };
                    // SAFETY: when this was prepared, all windows were within the source and the kernels those of
                    // this processor; the buffers' sizes are those for which it was prepared.
                    unsafe {
                        (self.kernel)(&Row {
                            x: x.as_ptr().cast::<f32>().add(from + at * self.steps[1]),
                            taps: &self.taps,
                            weights: weights.as_ptr().cast(),
                            bounds,
                            y: y.as_mut_ptr().add(to + at).cast(),
                            step: self.steps[1],
                        });
                    }
                    column = at + pixels;
                }
                if let Some(activation) = more {
                    activate_in_place(self.isa, activation, &mut y[to..to + self.y.width]);
                }
            }
        }
        Ok(())
    }
}

/// Computes P pixels of a row, which lie STEP floats apart in `x`, or `step` where that is 0.
#[inline(always)]
unsafe fn row<L: Lanes, const P: usize, const STEP: usize>(row: &Row) {
    let step = if STEP == 0 { row.step } else { STEP };
    // SAFETY: the caller's.
    unsafe {
        let mut sums = [L::load(row.weights); P];
        for (i, &tap) in row.taps.iter().enumerate() {
            let x = row.x.wrapping_add(tap as usize);
            let weight = L::load(row.weights.wrapping_add(i.wrapping_add(1).wrapping_mul(LANES)));
            for (p, sum) in sums.iter_mut().enumerate() {
                *sum = sum.multiply_add(L::load(x.wrapping_add(p.wrapping_mul(step))), weight);
            }
        }
        let [low, high] = row.bounds.map(|bound| L::splat(bound));
        for (p, sum) in sums.into_iter().enumerate() {
            sum.at_least(low).at_most(high).store(row.y.wrapping_add(p.wrapping_mul(LANES)));
        }
    }
}

/// The kernels of an instruction set.
macro_rules! kernels {
    ($name:ident, $lanes:ty, $(#[$feature:meta])?) => {
        mod $name {
            use super::*;

            $(#[$feature])?
            unsafe fn run<const P: usize, const STEP: usize>(pixels: &Row) {
                // SAFETY: the caller's.
                unsafe { row::<$lanes, P, STEP>(pixels) }
            }

            pub(super) fn kernel<const STEP: usize>(pixels: usize) -> Kernel {
                match pixels {
                    1 => run::<1, STEP>,
                    2 => run::<2, STEP>,
                    3 => run::<3, STEP>,
                    4 => run::<4, STEP>,
                    5 => run::<5, STEP>,
                    6 => run::<6, STEP>,
                    _ => run::<PIXELS, STEP>,
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels!(avx512, Avx512, #[target_feature(enable = "avx512f")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, Avx2, #[target_feature(enable = "avx2,fma")]);
kernels!(portable, Portable,);

/// The kernel for so many pixels, at most [`PIXELS`].
fn kernel(isa: Isa, pixels: usize, step: usize) -> Kernel {
    macro_rules! by_step {
        ($set:ident) => {
            match step {
                16 => $set::kernel::<16>(pixels),
                32 => $set::kernel::<32>(pixels),
                _ => $set::kernel::<0>(pixels),
            }
        };
    }
    match isa.set() {
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => by_step!(avx512),
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => by_step!(avx2),
        _ => by_step!(portable),
    }
}
