//! The instruction sets for which kernels are compiled, and which one this processor has.

use once_cell::sync::Lazy;

/// An instruction set. The sums of two of them may differ in their last bits, since one rounds where the other does
/// not; within one, an image's result depends on nothing but the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Whatever the compiler's target has: SSE2 on x86-64, NEON on aarch64.
    Portable,
    /// AVX2 with FMA.
    Avx2,
    /// AVX-512 F.
    Avx512,
}

/// Looked up once in a process.
static BEST: Lazy<Isa> = Lazy::new(|| *Isa::available().last().unwrap_or(&Isa::Portable));

impl Isa {
    /// The best one that this processor has.
    pub fn best() -> Isa {
        *BEST
    }

    /// All that this processor has, the best one last.
    pub fn available() -> Vec<Isa> {
        let mut found = vec![Isa::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(Isa::Avx2);
            }
            if is_x86_feature_detected!("avx512f") {
                found.push(Isa::Avx512);
            }
        }
        found
    }
}
