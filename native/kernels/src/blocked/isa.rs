//! The instruction sets for which kernels are compiled, and which one this processor has.

use once_cell::sync::Lazy;

/// An instruction set that this processor has. The sums of two of them may differ in their last bits, since one rounds
/// where the other does not; within one, an image's result depends on nothing but the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Isa(Set);

/// One that there may be. Kept within this module, so that no [`Isa`] exists that the processor lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Set {
    /// Whatever the compiler's target has: SSE2 on x86-64, NEON on aarch64.
    Portable,
    /// AVX2 with FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// Looked up once in a process.
static AVAILABLE: Lazy<Vec<Isa>> = Lazy::new(|| {
    let found = [
        Some(Set::Portable),
        #[cfg(target_arch = "x86_64")]
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Set::Avx2),
        #[cfg(target_arch = "x86_64")]
        is_x86_feature_detected!("avx512f").then_some(Set::Avx512),
    ];
    found.into_iter().flatten().map(Isa).collect()
});

impl Isa {
    /// The best one that this processor has.
    pub fn best() -> Isa {
        Isa::available().last().copied().unwrap_or(Isa(Set::Portable))
    }

    /// All that this processor has, the best one last.
    pub fn available() -> &'static [Isa] {
        &AVAILABLE
    }

    /// Its name: `portable`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
        }
    }

    pub(super) fn set(self) -> Set {
        self.0
    }
}

/// Compiles a function for each instruction set: the compiler then computes several values at a time by itself. Calls
/// go to the one of the first argument.
macro_rules! for_each_isa {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $vis fn $name(isa: $crate::blocked::Isa, $($argument: $type),*) {
            #[inline(always)]
            fn body($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                body($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            fn avx512($($argument: $type),*) {
                body($($argument),*)
            }

            #[allow(unsafe_code)] // Calls of what not every processor has.
            match isa.set() {
                // SAFETY: of both, there is no `Isa` that the processor lacks.
                #[cfg(target_arch = "x86_64")]
                $crate::blocked::isa::Set::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::blocked::isa::Set::Avx512 => unsafe { avx512($($argument),*) },
                $crate::blocked::isa::Set::Portable => body($($argument),*),
            }
        }
    };
}
pub(super) use for_each_isa;
