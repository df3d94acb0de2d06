//! Activations, over maps and of values that have just been written.

#![allow(unsafe_code)] // The processor's intrinsics.

use super::isa::{Isa, Set};
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::lanes::{Lanes, Portable};
use super::map::{Map, Pixel};

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

/// `y = activation(x)`. Maps may have different borders; that of the result is left as it is.
pub fn activate(isa: Isa, activation: Activation, x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
    let (x_map, x) = x;
    let (y_map, y) = y;
    for block in 0..y_map.blocks() {
        for row in 0..y_map.height {
            let to = &mut y[y_map.start(block, row)..][..y_map.width];
            to.copy_from_slice(&x[x_map.start(block, row)..][..y_map.width]);
            activate_in_place(isa, activation, to);
        }
    }
}

/// `y = activation(y)`, of values that are near.
pub(super) fn activate_in_place(isa: Isa, activation: Activation, y: &mut [Pixel]) {
    match isa.set() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: there is no `Isa` that the processor lacks.
        Set::Avx512 => unsafe { avx512::all(activation, y) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Set::Avx2 => unsafe { avx2::all(activation, y) },
        // SAFETY: every processor has it.
        Set::Portable => unsafe { portable::all(activation, y) },
    }
}

#[inline(always)]
unsafe fn all<L: Lanes>(activation: Activation, y: &mut [Pixel]) {
    // SAFETY: of all, the caller's.
    match activation {
        Activation::Clamp([low, high]) => unsafe {
            let (low, high) = (L::splat(low), L::splat(high));
            each::<L>(y, |v| v.at_least(low).at_most(high));
        },
        Activation::LeakyRelu(slope) => unsafe {
            let (slope, zero) = (L::splat(slope), L::splat(0.0));
            each::<L>(y, |v| v.at_least(zero).multiply_add(slope, v.at_most(zero)));
        },
        Activation::Sigmoid => unsafe { each::<L>(y, |v| L::splat(1.0).divide(one_and_exp(v))) },
        Activation::Silu => unsafe { each::<L>(y, |v| v.divide(one_and_exp(v))) },
        Activation::HardSigmoid => unsafe { each::<L>(y, |v| hard_sigmoid(v)) },
        Activation::HardSwish => unsafe { each::<L>(y, |v| v.multiply(hard_sigmoid(v))) },
    }
}

#[inline(always)]
unsafe fn each<L: Lanes>(y: &mut [Pixel], f: impl Fn(L) -> L) {
    for pixel in y {
        let at = pixel.0.as_mut_ptr();
        // SAFETY: the caller's: the processor has the instructions.
        unsafe { f(L::load(at)).store(at) };
    }
}

#[inline(always)]
unsafe fn hard_sigmoid<L: Lanes>(v: L) -> L {
    // SAFETY: the caller's.
    unsafe {
        let moved = v.add(L::splat(3.0)).at_least(L::splat(0.0)).at_most(L::splat(6.0));
        moved.divide(L::splat(6.0))
    }
}

/// `1 + exp(-v)`, to about 1e-7 of its value: 2^n times a polynomial (Cephes, `expf`).
#[inline(always)]
unsafe fn one_and_exp<L: Lanes>(v: L) -> L {
    // Beyond these the result is 1 or infinity, or nearly.
    const BOUNDS: [f32; 2] = [-88.7, 87.3];
    // A sum that has no room for a fraction is rounded to a whole number: its last bits are that number.
    const ROUND: f32 = 12_582_912.0;
    // The natural logarithm of 2 in two parts, so that their products with n are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const TERMS: [f32; 5] = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    // SAFETY: the caller's.
    unsafe {
        let one = L::splat(1.0);
        let v = v.at_least(L::splat(BOUNDS[0])).at_most(L::splat(BOUNDS[1]));
        let rounded = L::splat(ROUND).multiply_add(v, L::splat(-std::f32::consts::LOG2_E));
        let n = rounded.add(L::splat(-ROUND));
        let x = v.multiply(L::splat(-1.0));
        let r = x.multiply_add(n, L::splat(-LN_2[0])).multiply_add(n, L::splat(-LN_2[1]));
        let mut p = L::splat(1.987_569_1e-4);
        for term in TERMS {
            p = L::splat(term).multiply_add(p, r);
        }
        let exp = r.add(one).multiply_add(p, r.multiply(r));
        one.multiply_add(exp, rounded.power_of_two(ROUND.to_bits()))
    }
}

/// [`all`] for an instruction set.
macro_rules! functions {
    ($name:ident, $lanes:ty, $(#[$feature:meta])?) => {
        mod $name {
            use super::*;

            $(#[$feature])?
            pub(super) unsafe fn all(activation: Activation, y: &mut [Pixel]) {
                // SAFETY: the caller's.
                unsafe { super::all::<$lanes>(activation, y) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
functions!(avx512, Avx512, #[target_feature(enable = "avx512f")]);
#[cfg(target_arch = "x86_64")]
functions!(avx2, Avx2, #[target_feature(enable = "avx2,fma")]);
functions!(portable, Portable,);
