//! Convolutions that see one channel each, over blocks of 16 channels.

#![allow(unsafe_code)] // Pointers into buffers whose sizes have been checked, and the processor's intrinsics.

use std::ops::Range;

use ndarray::ArrayView4;

use super::activation::{Activation, activate_in_place};
use super::isa::{Isa, Set};
use super::lanes::Lanes;
use super::lanes::Portable;
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::map::{LANES, Map, Pixel, Rows};
use super::source::{Reach, Source};
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
    reach: Reach,
    x: Map,
    y: Map,
    activation: Activation,
    isa: Isa,
    /// Kernels for one row at a time, and for as many as registers hold.
    kernels: [(usize, Kernel); 2],
}

type Kernel = unsafe fn(&Tile);

/// Some pixels of some rows.
struct Tile<'a> {
    x: *const f32,
    taps: &'a [u32],
    weights: *const f32,
    bounds: [f32; 2],
    y: *mut f32,
    step: usize,
    /// From one row to the next.
    x_row: usize,
    y_row: usize,
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
        let fits =
            found == [x.channels, 1, x.channels, x.channels] && source.fits_offsets() && y.is_countable();
        let start = || source.window_start(geometry, [kh, kw], [y.height, y.width]);
        let Some(start) = fits.then(start).flatten() else {
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
            reach: source.reach(geometry, kh),
            x,
            y,
            activation,
            isa,
            kernels: kernels(
                isa,
                PIXELS.min(y.width),
                geometry.stride[1] * source.pixel(),
                if geometry.dilation[1] == 1 { kw } else { 0 },
            ),
        })
    }

    /// Bytes of the weights.
    pub fn bytes(&self) -> usize {
        size_of_val(self.weights.as_slice())
    }

    /// The same, where memory holds so many rows of the input and of the result at a time.
    pub(super) fn in_bands(mut self, x: Option<usize>, y: Option<usize>) -> BlockedDepthwise {
        (self.x.band, self.y.band) = (x, y);
        self
    }

    /// Where input and result lie.
    pub(super) fn maps(&self) -> [&Map; 2] {
        [&self.x, &self.y]
    }

    /// The rows of the input, border and all, that rows of the result need.
    pub(super) fn seen(&self, rows: &Range<usize>) -> Range<usize> {
        self.reach.of(rows)
    }

    /// Computes the convolution of one image. The border of `y` is left as it is.
    pub fn run(&self, x: &[Pixel], y: &mut [Pixel]) -> Result<(), Error> {
        self.run_rows(&Rows::all(&self.y), x, y)
    }

    /// The same of some rows.
    pub(super) fn run_rows(&self, rows: &Rows, x: &[Pixel], y: &mut [Pixel]) -> Result<(), Error> {
        let name = "blocked depthwise convolution";
        let (found, expected) = ([x.len(), y.len()], [self.x.pixels(), self.y.pixels()]);
        if found != expected {
            let (found, expected) = (found.to_vec(), expected.to_vec());
            return Err(Error { kernel: name, what: "buffers", found, expected });
        }
        rows.check(name, &self.seen(&rows.rows), self.maps())?;
        let pixels = PIXELS.min(self.y.width);
        let (bounds, more) = (self.activation.bounds(), self.activation.beyond_bounds());
        for block in 0..self.x.blocks() {
            let weights = &self.weights[block * (self.taps.len() + 1)..];
            let mut row = rows.rows.start;
            while row < rows.rows.end {
                let [one, several] = self.kernels;
                let (lines, kernel) = if row + several.0 <= rows.rows.end { several } else { one };
                let x_start = (block * self.x.block() * LANES + self.start) + row * self.steps[0];
                let from = x_start - rows.x * self.x.row() * LANES;
                let to = self.y.start(block, row) - rows.y * self.y.row();
                let mut column = 0;
                while column < self.y.width {
                    let left = self.y.width - column;
                    // The last tile may compute some pixels of the one before again, to the same values.
                    let at = if left < pixels { self.y.width - pixels } else { column };
                    // SAFETY: when this was prepared, all windows were within the source and the kernels those of
                    // this processor; the buffers' sizes are those for which it was prepared, and they hold these
                    // rows.
                    unsafe {
                        kernel(&Tile {
                            x: x.as_ptr().cast::<f32>().add(from + at * self.steps[1]),
                            taps: &self.taps,
                            weights: weights.as_ptr().cast(),
                            bounds,
                            y: y.as_mut_ptr().add(to + at).cast(),
                            step: self.steps[1],
                            x_row: self.steps[0],
                            y_row: self.y.row() * LANES,
                        });
                    }
                    column = at + pixels;
                }
                if let Some(activation) = more {
                    for line in 0..lines {
                        let start = to + line * self.y.row();
                        activate_in_place(self.isa, activation, &mut y[start..start + self.y.width]);
                    }
                }
                row += lines;
            }
        }
        Ok(())
    }
}

/// Computes P pixels of R rows, which lie STEP floats apart in `x`, by windows of K columns side by side. What windows
/// of neighbouring pixels share is read once: a processor multiplies as fast as it reads. The order of the additions
/// is that of [`tile`].
#[inline(always)]
unsafe fn sliding<L: Lanes, const R: usize, const P: usize, const STEP: usize, const K: usize>(t: &Tile) {
    // SAFETY: the caller's.
    unsafe {
        let mut sums = [[L::load(t.weights); P]; R];
        let mut weights_at = t.weights;
        for taps in t.taps.chunks_exact(K) {
            let mut weights = [L::splat(0.0); K];
            for weight in &mut weights {
                weights_at = weights_at.wrapping_add(LANES);
                *weight = L::load(weights_at);
            }
            for (r, row) in sums.iter_mut().enumerate() {
                let x = t.x.wrapping_add((taps[0] as usize).wrapping_add(r.wrapping_mul(t.x_row)));
                let mut window = [L::splat(0.0); K];
                for (p, sum) in row.iter_mut().enumerate() {
                    let x = x.wrapping_add(p.wrapping_mul(STEP));
                    for k in 0..K {
                        let known = k.wrapping_add(STEP / LANES);
                        window[k] = if p > 0 && known < K {
                            window[known]
                        } else {
                            L::load(x.wrapping_add(k.wrapping_mul(LANES)))
                        };
                    }
                    for (value, weight) in window.into_iter().zip(weights) {
                        *sum = sum.multiply_add(value, weight);
                    }
                }
            }
        }
        finish(t, sums);
    }
}

/// Bounds and writes what was computed.
#[inline(always)]
unsafe fn finish<L: Lanes, const R: usize, const P: usize>(t: &Tile, sums: [[L; P]; R]) {
    // SAFETY: the caller's.
    unsafe {
        let [low, high] = t.bounds.map(|bound| L::splat(bound));
        for (r, row) in sums.into_iter().enumerate() {
            let y = t.y.wrapping_add(r.wrapping_mul(t.y_row));
            for (p, sum) in row.into_iter().enumerate() {
                sum.at_least(low).at_most(high).store(y.wrapping_add(p.wrapping_mul(LANES)));
            }
        }
    }
}

/// Computes P pixels of R rows, which lie STEP floats apart in `x`, or `step` where that is 0, by any windows.
#[inline(always)]
unsafe fn tile<L: Lanes, const R: usize, const P: usize, const STEP: usize>(t: &Tile) {
    let step = if STEP == 0 { t.step } else { STEP };
    // SAFETY: the caller's.
    unsafe {
        let mut sums = [[L::load(t.weights); P]; R];
        for (i, &tap) in t.taps.iter().enumerate() {
            let x = t.x.wrapping_add(tap as usize);
            let weight = L::load(t.weights.wrapping_add(i.wrapping_add(1).wrapping_mul(LANES)));
            for (r, row) in sums.iter_mut().enumerate() {
                let x = x.wrapping_add(r.wrapping_mul(t.x_row));
                for (p, sum) in row.iter_mut().enumerate() {
                    *sum = sum.multiply_add(L::load(x.wrapping_add(p.wrapping_mul(step))), weight);
                }
            }
        }
        finish(t, sums);
    }
}

/// The kernels of an instruction set.
macro_rules! kernels {
    ($name:ident, $lanes:ty, $rows:literal, $(#[$feature:meta])?) => {
        mod $name {
            use super::*;

            $(#[$feature])?
            unsafe fn run<const R: usize, const P: usize, const STEP: usize, const K: usize>(t: &Tile) {
                // SAFETY: the caller's.
                unsafe {
                    if K == 0 { tile::<$lanes, R, P, STEP>(t) } else { sliding::<$lanes, R, P, STEP, K>(t) }
                }
            }

            fn rows<const R: usize, const STEP: usize, const K: usize>(pixels: usize) -> (usize, Kernel) {
                let kernel: Kernel = match pixels {
                    1 => run::<R, 1, STEP, K>,
                    2 => run::<R, 2, STEP, K>,
                    3 => run::<R, 3, STEP, K>,
                    4 => run::<R, 4, STEP, K>,
                    5 => run::<R, 5, STEP, K>,
                    6 => run::<R, 6, STEP, K>,
                    _ => run::<R, PIXELS, STEP, K>,
                };
                (R, kernel)
            }

            pub(super) fn kernels<const STEP: usize, const K: usize>(pixels: usize) -> [(usize, Kernel); 2] {
                [rows::<1, STEP, K>(pixels), rows::<$rows, STEP, K>(pixels)]
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels!(avx512, Avx512, 2, #[target_feature(enable = "avx512f")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, Avx2, 1, #[target_feature(enable = "avx2,fma")]);
kernels!(portable, Portable, 1,);

/// The kernels for so many pixels, at most [`PIXELS`], and windows of so many columns side by side, or any for 0.
fn kernels(isa: Isa, pixels: usize, step: usize, columns: usize) -> [(usize, Kernel); 2] {
    macro_rules! by_step {
        ($set:ident) => {
            match step {
                16 => $set::kernels::<16, 0>(pixels),
                32 => $set::kernels::<32, 0>(pixels),
                _ => $set::kernels::<0, 0>(pixels),
            }
        };
    }
    match (isa.set(), columns, step) {
        // It alone has the registers for windows beside the sums.
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 3, 16) => avx512::kernels::<16, 3>(pixels),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 3, 32) => avx512::kernels::<32, 3>(pixels),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 5, 16) => avx512::kernels::<16, 5>(pixels),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 5, 32) => avx512::kernels::<32, 5>(pixels),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, ..) => by_step!(avx512),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx2, ..) => by_step!(avx2),
        (Set::Portable, ..) => by_step!(portable),
    }
}
