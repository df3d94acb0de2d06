//! The innermost loop of convolutions and dense layers: some pixels times some blocks of 16 output channels.

#![allow(unsafe_code)] // Pointers into buffers whose sizes the callers have checked, and the processor's intrinsics.

use super::isa::{Isa, Set};
use super::lanes::Lanes;
use super::lanes::Portable;
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::map::LANES;

/// Values of a window that lie side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// From the beginning of the window.
    pub(super) offset: u32,
    pub(super) length: u32,
}

/// What a tile is computed of; distances are in floats.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile<'a> {
    /// The beginning of the window of the first pixel.
    pub(super) x: *const f32,
    /// From there to that of the first pixel of the second row.
    pub(super) x_row: usize,
    /// From the window of one pixel to that of the next in a row.
    pub(super) x_step: usize,
    /// The values of a window.
    pub(super) window: &'a [Stretch],
    /// For each value of the window, as many blocks of 16 weights as the kernel has.
    pub(super) weights: *const f32,
    /// What will be read soon, and how much further to look at each value of the window.
    pub(super) soon: *const f32,
    pub(super) soon_step: usize,
    /// What the sums begin with: a block each; null where they begin with what is in `y`.
    pub(super) bias: *const f32,
    /// What is added in the end, as `y` with distances of its own; null where nothing is.
    pub(super) residual: *const f32,
    pub(super) residual_row: usize,
    pub(super) residual_block: usize,
    /// The bounds of the result.
    pub(super) bounds: [f32; 2],
    /// The first pixel of the result.
    pub(super) y: *mut f32,
    pub(super) y_row: usize,
    pub(super) y_block: usize,
}

/// Computes a tile. Safe on processors of the instruction set that it was asked for, where all that the tile names
/// is in buffers of the right sizes.
pub(super) type Kernel = unsafe fn(&Tile);

/// `y = clamp(bias + sum of x * weights + residual)` for R rows of P pixels and V blocks of output channels. STEP is
/// the distance of two pixels of `x` in a row, or 0 where the tile tells it. The order of the additions is that of the
/// window.
#[inline(always)]
unsafe fn tile<L: Lanes, const V: usize, const R: usize, const P: usize, const STEP: usize>(t: &Tile) {
    let step = if STEP == 0 { t.x_step } else { STEP };
    // Wrapping, since checks of overflow would be among the innermost instructions.
    let y_at = |r: usize, p: usize, v: usize| {
        let row = r.wrapping_mul(t.y_row).wrapping_add(v.wrapping_mul(t.y_block));
        t.y.wrapping_add(row.wrapping_add(p.wrapping_mul(LANES)))
    };
    let residual_at = |r: usize, p: usize, v: usize| {
        let row = r.wrapping_mul(t.residual_row).wrapping_add(v.wrapping_mul(t.residual_block));
        t.residual.wrapping_add(row.wrapping_add(p.wrapping_mul(LANES)))
    };
    // SAFETY: the caller's.
    unsafe {
        let mut sums = [[[L::splat(0.0); V]; P]; R];
        for (r, row) in sums.iter_mut().enumerate() {
            for (p, pixel) in row.iter_mut().enumerate() {
                for (v, sum) in pixel.iter_mut().enumerate() {
                    let from = if t.bias.is_null() {
                        y_at(r, p, v).cast_const()
                    } else {
                        t.bias.wrapping_add(v.wrapping_mul(LANES))
                    };
                    *sum = L::load(from);
                }
            }
        }
        let (mut at, mut soon) = (t.weights, t.soon);
        for &Stretch { offset, length } in t.window {
            let mut x = t.x.wrapping_add(offset as usize);
            let end = x.wrapping_add(length as usize);
            while x != end {
                L::prefetch(soon);
                soon = soon.wrapping_add(t.soon_step);
                let mut weights = [L::splat(0.0); V];
                for (v, weight) in weights.iter_mut().enumerate() {
                    *weight = L::load(at.wrapping_add(v.wrapping_mul(LANES)));
                }
                at = at.wrapping_add(V.wrapping_mul(LANES));
                for (r, row) in sums.iter_mut().enumerate() {
                    let x = x.wrapping_add(r.wrapping_mul(t.x_row));
                    for (p, pixel) in row.iter_mut().enumerate() {
                        let value = L::splat(*x.wrapping_add(p.wrapping_mul(step)));
                        for (sum, weight) in pixel.iter_mut().zip(weights) {
                            *sum = sum.multiply_add(value, weight);
                        }
                    }
                }
                x = x.wrapping_add(1);
            }
        }
        if !t.residual.is_null() {
            for (r, row) in sums.iter_mut().enumerate() {
                for (p, pixel) in row.iter_mut().enumerate() {
                    for (v, sum) in pixel.iter_mut().enumerate() {
                        *sum = sum.add(L::load(residual_at(r, p, v)));
                    }
                }
            }
        }
        let [low, high] = t.bounds.map(|bound| L::splat(bound));
        for (r, row) in sums.into_iter().enumerate() {
            for (p, pixel) in row.into_iter().enumerate() {
                for (v, sum) in pixel.into_iter().enumerate() {
                    sum.at_least(low).at_most(high).store(y_at(r, p, v));
                }
            }
        }
    }
}

/// Kernels of an instruction set by their number of pixels and the distance of these.
macro_rules! kernels {
    ($name:ident, $lanes:ty, $(#[$feature:meta])?) => {
        mod $name {
            use super::*;

            $(#[$feature])?
            unsafe fn run<const V: usize, const R: usize, const P: usize, const STEP: usize>(t: &Tile) {
                // SAFETY: the caller's.
                unsafe { tile::<$lanes, V, R, P, STEP>(t) }
            }

            /// One row of some pixels, at most 14.
            #[allow(dead_code)] // Instruction sets have one of the two.
            pub(super) fn row<const V: usize, const STEP: usize>(pixels: usize) -> Option<Kernel> {
                kernels!(@match pixels, 1, V, STEP, 1 2 3 4 5 6 7 8 9 10 11 12 13 14)
            }

            /// One row of at most 6 pixels.
            #[allow(dead_code)] // As above.
            pub(super) fn short_row<const V: usize, const STEP: usize>(pixels: usize) -> Option<Kernel> {
                kernels!(@match pixels, 1, V, STEP, 1 2 3 4 5 6)
            }

            /// Two rows of at most 7 pixels side by side.
            #[allow(dead_code)] // As above.
            pub(super) fn rows<const V: usize>(pixels: usize) -> Option<Kernel> {
                kernels!(@match pixels, 2, V, LANES, 1 2 3 4 5 6 7)
            }

            /// A single pixel.
            #[allow(dead_code)] // As above.
            pub(super) fn pixel<const V: usize>() -> Option<Kernel> {
                Some(run::<V, 1, 1, LANES>)
            }
        }
    };
    (@match $pixels:ident, $rows:literal, $v:ident, $step:ident, $($p:literal)*) => {
        match $pixels {
            $($p => Some(run::<$v, $rows, $p, $step>),)*
            _ => None,
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels!(avx512, Avx512, #[target_feature(enable = "avx512f")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, Avx2, #[target_feature(enable = "avx2,fma")]);
kernels!(portable, Portable,);

/// The blocks of output channels and the pixels of a row that an instruction set's registers hold.
pub(super) fn capacity(isa: Isa) -> (usize, usize) {
    match isa.set() {
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => (2, 14),
        _ => (1, 6),
    }
}

/// The kernel for tiles of so many blocks of output channels, rows and pixels, which lie STEP floats apart: none
/// where there is none.
pub(super) fn kernel(isa: Isa, blocks: usize, rows: usize, pixels: usize, step: usize) -> Option<Kernel> {
    /// By the distance of pixels.
    macro_rules! by_step {
        ($set:ident :: $row:ident, $v:literal) => {
            match step {
                1 => $set::$row::<$v, 1>(pixels),
                2 => $set::$row::<$v, 2>(pixels),
                4 => $set::$row::<$v, 4>(pixels),
                16 => $set::$row::<$v, 16>(pixels),
                32 => $set::$row::<$v, 32>(pixels),
                _ => $set::$row::<$v, 0>(pixels),
            }
        };
    }
    match (isa.set(), blocks, rows) {
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 8, 1) if pixels == 1 => avx512::pixel::<8>(),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 2, 1) => by_step!(avx512::row, 2),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 1, 1) => by_step!(avx512::row, 1),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx512, 2, 2) if step == LANES => avx512::rows::<2>(pixels),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx2, 4, 1) if pixels == 1 => avx2::pixel::<4>(),
        #[cfg(target_arch = "x86_64")]
        (Set::Avx2, 1, 1) => by_step!(avx2::short_row, 1),
        (Set::Portable, 1, 1) => by_step!(portable::short_row, 1),
        _ => None,
    }
}
