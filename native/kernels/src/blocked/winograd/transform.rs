//! The transforms of Winograd's minimal filtering, for tiles of 2 x 2 and of 4 x 4 outputs.

#![allow(unsafe_code)] // Pointers into buffers whose sizes have been checked, and the processor's intrinsics.

use ndarray::{Array4, ArrayView4};

use crate::blocked::isa::{Isa, Set};
#[cfg(target_arch = "x86_64")]
use crate::blocked::lanes::{Avx2, Avx512};
use crate::blocked::lanes::{Lanes, Portable};
use crate::blocked::map::Pixel;

/// How many outputs a tile has along each dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Two: 16 products for 4 outputs.
    Two,
    /// Four: 36 products for 16 outputs, and larger rounding errors.
    Four,
}

impl Size {
    /// Outputs along each dimension.
    pub(super) const fn tile(self) -> usize {
        match self {
            Size::Two => 2,
            Size::Four => 4,
        }
    }

    /// Inputs along each dimension.
    pub(super) const fn inputs(self) -> usize {
        self.tile() + 2
    }

    /// Values of a transformed tile.
    pub const fn positions(self) -> usize {
        self.inputs() * self.inputs()
    }

    /// The weights of each position, `[filters, channels, 1, 1]`: `G g G^T`, in f64.
    pub(super) fn weights(self, weight: ArrayView4<f32>) -> Vec<Array4<f32>> {
        let g: &[[f64; 3]] = match self {
            Size::Two => &Two::WEIGHTS,
            Size::Four => &Four::WEIGHTS,
        };
        let (filters, channels, ..) = weight.dim();
        let rows = g.iter().flat_map(|row| g.iter().map(move |column| (row, column)));
        rows.map(|(row, column)| {
            Array4::from_shape_fn((filters, channels, 1, 1), |(filter, channel, _, _)| {
                let value =
                    |y: usize, x: usize| f64::from(weight[[filter, channel, y, x]]) * row[y] * column[x];
                (0..9).map(|i| value(i / 3, i % 3)).sum::<f64>() as f32
            })
        })
        .collect()
    }
}

/// The transforms along one dimension, of I inputs to T outputs.
trait Filtering<const I: usize, const T: usize> {
    /// `G`, which transforms the weights.
    const WEIGHTS: [[f64; 3]; I];
    /// `B^T d`.
    unsafe fn forward<L: Lanes>(d: [L; I]) -> [L; I];
    /// `A^T m`.
    unsafe fn backward<L: Lanes>(m: [L; I]) -> [L; T];
}

struct Two;

impl Filtering<4, 2> for Two {
    const WEIGHTS: [[f64; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];

    #[inline(always)]
    unsafe fn forward<L: Lanes>(d: [L; 4]) -> [L; 4] {
        // SAFETY: the caller's.
        unsafe {
            let minus = |a: L, b: L| a.multiply_add(L::splat(-1.0), b);
            [minus(d[0], d[2]), d[1].add(d[2]), minus(d[2], d[1]), minus(d[1], d[3])]
        }
    }

    #[inline(always)]
    unsafe fn backward<L: Lanes>(m: [L; 4]) -> [L; 2] {
        // SAFETY: the caller's.
        unsafe {
            let minus = |a: L, b: L| a.multiply_add(L::splat(-1.0), b);
            [m[0].add(m[1]).add(m[2]), minus(minus(m[1], m[2]), m[3])]
        }
    }
}

struct Four;

impl Filtering<6, 4> for Four {
    const WEIGHTS: [[f64; 3]; 6] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];

    #[inline(always)]
    unsafe fn forward<L: Lanes>(d: [L; 6]) -> [L; 6] {
        // SAFETY: the caller's.
        unsafe {
            let times = |factor: f32, v: L, sum: L| sum.multiply_add(L::splat(factor), v);
            let [a, b] = [times(-4.0, d[2], d[4]), times(-4.0, d[1], d[3])];
            let [c, e] = [times(-1.0, d[2], d[4]), times(-1.0, d[1], d[3])];
            [
                times(4.0, d[0], times(-5.0, d[2], d[4])),
                a.add(b),
                times(-1.0, b, a),
                times(2.0, e, c),
                times(-2.0, e, c),
                times(4.0, d[1], times(-5.0, d[3], d[5])),
            ]
        }
    }

    #[inline(always)]
    unsafe fn backward<L: Lanes>(m: [L; 6]) -> [L; 4] {
        // SAFETY: the caller's.
        unsafe {
            let times = |factor: f32, v: L, sum: L| sum.multiply_add(L::splat(factor), v);
            let [sum, difference] = [m[1].add(m[2]), times(-1.0, m[2], m[1])];
            let [far_sum, far_difference] = [m[3].add(m[4]), times(-1.0, m[4], m[3])];
            [
                m[0].add(sum).add(far_sum),
                times(2.0, far_difference, difference),
                times(4.0, far_sum, sum),
                times(8.0, far_difference, difference).add(m[5]),
            ]
        }
    }
}

/// What the transform of a tile's inputs is computed of.
pub(super) struct Forward {
    /// The first pixel, and the distance to the next row's.
    pub(super) x: *const Pixel,
    pub(super) x_row: usize,
    /// The first position's value, and the distance to the next one's.
    pub(super) v: *mut Pixel,
    pub(super) step: usize,
}

/// What the transform of a tile's result is computed of.
pub(super) struct Backward {
    /// The first position's value, and the distance to the next one's.
    pub(super) m: *const Pixel,
    pub(super) step: usize,
    pub(super) bias: *const Pixel,
    pub(super) bounds: [f32; 2],
    /// Null where nothing is added.
    pub(super) residual: *const Pixel,
    pub(super) residual_row: usize,
    pub(super) y: *mut Pixel,
    pub(super) y_row: usize,
    /// Rows and columns that are within the result.
    pub(super) size: [usize; 2],
}

/// Transforms the inputs of a tile.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "written so, the values stay in registers")]
unsafe fn forward<F: Filtering<I, T>, L: Lanes, const I: usize, const T: usize>(t: &Forward) {
    // SAFETY: the caller's.
    unsafe {
        let mut columns = [[L::splat(0.0); I]; I];
        for column in 0..I {
            let mut d = [L::splat(0.0); I];
            for line in 0..I {
                d[line] = L::load(t.x.wrapping_add(line.wrapping_mul(t.x_row).wrapping_add(column)).cast());
            }
            columns[column] = F::forward(d);
        }
        for line in 0..I {
            let mut d = [L::splat(0.0); I];
            for column in 0..I {
                d[column] = columns[column][line];
            }
            for (column, value) in F::forward(d).into_iter().enumerate() {
                let position = line.wrapping_mul(I).wrapping_add(column);
                value.store(t.v.wrapping_add(position.wrapping_mul(t.step)).cast());
            }
        }
    }
}

/// Transforms a tile's result, adds what is to be added, and writes what is within the result.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "as above")]
unsafe fn backward<F: Filtering<I, T>, L: Lanes, const I: usize, const T: usize>(t: &Backward) {
    // SAFETY: the caller's.
    unsafe {
        let mut columns = [[L::splat(0.0); T]; I];
        for column in 0..I {
            let mut m = [L::splat(0.0); I];
            for line in 0..I {
                let position = line.wrapping_mul(I).wrapping_add(column);
                m[line] = L::load(t.m.wrapping_add(position.wrapping_mul(t.step)).cast());
            }
            columns[column] = F::backward(m);
        }
        let bias = L::load(t.bias.cast());
        let [low, high] = t.bounds.map(|bound| L::splat(bound));
        let [height, width] = t.size;
        for line in 0..height.min(T) {
            let mut m = [L::splat(0.0); I];
            for column in 0..I {
                m[column] = columns[column][line];
            }
            for (column, value) in F::backward(m).into_iter().enumerate().take(width) {
                let mut value = value.add(bias);
                if !t.residual.is_null() {
                    let from =
                        t.residual.wrapping_add(line.wrapping_mul(t.residual_row).wrapping_add(column));
                    value = value.add(L::load(from.cast()));
                }
                let to = t.y.wrapping_add(line.wrapping_mul(t.y_row).wrapping_add(column));
                value.at_least(low).at_most(high).store(to.cast());
            }
        }
    }
}

/// The transforms for an instruction set and a size of tiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transforms {
    pub(super) forward: unsafe fn(&Forward),
    pub(super) backward: unsafe fn(&Backward),
}

macro_rules! transforms {
    ($name:ident, $lanes:ty, $(#[$feature:meta])?) => {
        mod $name {
            use super::*;

            $(#[$feature])?
            unsafe fn forward<F: Filtering<I, T>, const I: usize, const T: usize>(t: &Forward) {
                // SAFETY: the caller's.
                unsafe { super::forward::<F, $lanes, I, T>(t) }
            }

            $(#[$feature])?
            unsafe fn backward<F: Filtering<I, T>, const I: usize, const T: usize>(t: &Backward) {
                // SAFETY: the caller's.
                unsafe { super::backward::<F, $lanes, I, T>(t) }
            }

            pub(super) const fn of(size: Size) -> Transforms {
                match size {
                    Size::Two => Transforms { forward: forward::<Two, 4, 2>, backward: backward::<Two, 4, 2> },
                    Size::Four => Transforms { forward: forward::<Four, 6, 4>, backward: backward::<Four, 6, 4> },
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
transforms!(avx512, Avx512, #[target_feature(enable = "avx512f")]);
#[cfg(target_arch = "x86_64")]
transforms!(avx2, Avx2, #[target_feature(enable = "avx2,fma")]);
transforms!(portable, Portable,);

impl Transforms {
    /// Safe to call on processors of the instruction set, where all that is named is in buffers of the right sizes.
    pub(super) fn of(isa: Isa, size: Size) -> Transforms {
        match isa.set() {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::of(size),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::of(size),
            Set::Portable => portable::of(size),
        }
    }
}
