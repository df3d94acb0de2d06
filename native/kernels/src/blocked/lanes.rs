//! Sixteen floats at a time, as each instruction set has them.

/// Sixteen values that are computed together. Every method is safe to call only where the processor has the
/// instructions of the type.
#[allow(unsafe_code)] // The intrinsics of the processor.
pub(super) trait Lanes: Copy {
    /// Reads 16 values. Safe where these lie in one allocation.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes 16 values. Safe where these lie in one allocation that nobody else uses.
    unsafe fn store(self, to: *mut f32);
    /// Asks the processor to bring what lies there near. Always safe: nothing is read.
    unsafe fn prefetch(at: *const f32);
    /// The same value in each lane.
    unsafe fn splat(value: f32) -> Self;
    /// `self + a * b`, rounded once where the processor can.
    unsafe fn multiply_add(self, a: Self, b: Self) -> Self;
    /// `self + other`.
    unsafe fn add(self, other: Self) -> Self;
    /// `self * other`.
    unsafe fn multiply(self, other: Self) -> Self;
    /// `self / other`.
    unsafe fn divide(self, other: Self) -> Self;
    /// The power of two whose exponent is `bits - zero` of the lanes' bits as whole numbers: of -126 to 127.
    unsafe fn power_of_two(self, zero: u32) -> Self;
    /// The larger one; where `self` is NaN, that.
    unsafe fn at_least(self, bound: Self) -> Self;
    /// The smaller one; where `self` is NaN, that.
    unsafe fn at_most(self, bound: Self) -> Self;
    /// The larger one; NaN where either is.
    unsafe fn larger(self, other: Self) -> Self;
}

/// A float's exponent of 0, and the bits of its fraction.
const BIAS: u32 = 127;
const FRACTION: u32 = 23;

/// Without instructions of our own: the compiler takes those that every processor of its target has.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 16]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Portable, f: impl Fn(f32, f32) -> f32) -> Portable {
        Portable(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

#[allow(unsafe_code)] // As the trait says.
impl Lanes for Portable {
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's.
        Portable(unsafe { from.cast::<[f32; 16]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's.
        unsafe { to.cast::<[f32; 16]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn prefetch(_: *const f32) {}

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Portable([value; 16])
    }

    #[inline(always)]
    unsafe fn multiply_add(self, a: Self, b: Self) -> Self {
        // Where the target lacks the instruction, `mul_add` is a slow function.
        let fused = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
        let one = |i: usize| {
            if fused { a.0[i].mul_add(b.0[i], self.0[i]) } else { a.0[i] * b.0[i] + self.0[i] }
        };
        Portable(std::array::from_fn(one))
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn multiply(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn divide(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    unsafe fn power_of_two(self, zero: u32) -> Self {
        let one = |v: f32| f32::from_bits(v.to_bits().wrapping_sub(zero).wrapping_add(BIAS) << FRACTION);
        Portable(self.0.map(one))
    }

    #[inline(always)]
    unsafe fn at_least(self, bound: Self) -> Self {
        self.zip(bound, |a, b| if a < b { b } else { a })
    }

    #[inline(always)]
    unsafe fn at_most(self, bound: Self) -> Self {
        self.zip(bound, |a, b| if a > b { b } else { a })
    }

    #[inline(always)]
    unsafe fn larger(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b || a.is_nan() { a } else { b })
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)] // As the trait says.
mod x86 {
    use std::arch::x86_64::*;

    use super::{BIAS, FRACTION, Lanes};

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    // SAFETY: of each block, the caller's: the processor has AVX-512 F, and pointers are as the trait says.
    impl Lanes for Avx512 {
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            Avx512(unsafe { _mm512_loadu_ps(from) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { _mm512_storeu_ps(to, self.0) }
        }

        #[inline(always)]
        unsafe fn prefetch(at: *const f32) {
            unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) };
        }

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Avx512(unsafe { _mm512_set1_ps(value) })
        }

        #[inline(always)]
        unsafe fn multiply_add(self, a: Self, b: Self) -> Self {
            Avx512(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Avx512(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn multiply(self, other: Self) -> Self {
            Avx512(unsafe { _mm512_mul_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn divide(self, other: Self) -> Self {
            Avx512(unsafe { _mm512_div_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn power_of_two(self, zero: u32) -> Self {
            unsafe {
                let exponent = _mm512_set1_epi32(BIAS.wrapping_sub(zero).cast_signed());
                let bits = _mm512_add_epi32(_mm512_castps_si512(self.0), exponent);
                Avx512(_mm512_castsi512_ps(_mm512_slli_epi32::<FRACTION>(bits)))
            }
        }

        // Of two operands, one of which is NaN, the instruction gives the second.
        #[inline(always)]
        unsafe fn at_least(self, bound: Self) -> Self {
            Avx512(unsafe { _mm512_max_ps(bound.0, self.0) })
        }

        #[inline(always)]
        unsafe fn at_most(self, bound: Self) -> Self {
            Avx512(unsafe { _mm512_min_ps(bound.0, self.0) })
        }

        #[inline(always)]
        unsafe fn larger(self, other: Self) -> Self {
            unsafe {
                let larger = _mm512_max_ps(self.0, other.0);
                let nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0);
                Avx512(_mm512_mask_mov_ps(larger, nan, self.0))
            }
        }
    }

    /// Two registers of AVX2.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    // SAFETY: of each block, the caller's: the processor has AVX2 and FMA, and pointers are as the trait says.
    impl Lanes for Avx2 {
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Avx2(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }

        #[inline(always)]
        unsafe fn prefetch(at: *const f32) {
            unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) };
        }

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            let both = unsafe { _mm256_set1_ps(value) };
            Avx2(both, both)
        }

        #[inline(always)]
        unsafe fn multiply_add(self, a: Self, b: Self) -> Self {
            unsafe { Avx2(_mm256_fmadd_ps(a.0, b.0, self.0), _mm256_fmadd_ps(a.1, b.1, self.1)) }
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            unsafe { Avx2(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn multiply(self, other: Self) -> Self {
            unsafe { Avx2(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn divide(self, other: Self) -> Self {
            unsafe { Avx2(_mm256_div_ps(self.0, other.0), _mm256_div_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn power_of_two(self, zero: u32) -> Self {
            let one = |v: __m256| unsafe {
                let exponent = _mm256_set1_epi32(BIAS.wrapping_sub(zero).cast_signed());
                let bits = _mm256_add_epi32(_mm256_castps_si256(v), exponent);
                _mm256_castsi256_ps(_mm256_slli_epi32::<{ FRACTION.cast_signed() }>(bits))
            };
            Avx2(one(self.0), one(self.1))
        }

        #[inline(always)]
        unsafe fn at_least(self, bound: Self) -> Self {
            unsafe { Avx2(_mm256_max_ps(bound.0, self.0), _mm256_max_ps(bound.1, self.1)) }
        }

        #[inline(always)]
        unsafe fn at_most(self, bound: Self) -> Self {
            unsafe { Avx2(_mm256_min_ps(bound.0, self.0), _mm256_min_ps(bound.1, self.1)) }
        }

        #[inline(always)]
        unsafe fn larger(self, other: Self) -> Self {
            let one = |a: __m256, b: __m256| unsafe {
                let nan = _mm256_cmp_ps::<_CMP_UNORD_Q>(a, a);
                _mm256_blendv_ps(_mm256_max_ps(a, b), a, nan)
            };
            Avx2(one(self.0, other.0), one(self.1, other.1))
        }
    }
}
