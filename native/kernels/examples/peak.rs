//! The peak of one core: GFLOP/s of fused multiply-adds in registers. Reads lines `SECONDS` and answers each with the
//! best of that time, on the instruction set that the first argument names, by default the best one. For a benchmark
//! that asks several programs in turn.

#![allow(unsafe_code)] // Calls of what not every processor has.

use std::error::Error;
use std::io::{BufRead, stdin};
use std::time::Instant;

use firesteel_kernels::blocked::Isa;

/// As many sums as hide the time that an addition takes, on two units of up to five cycles; and fit into 16 registers.
const SUMS: usize = 12;

/// Additions to each sum between two looks at the clock.
const ROUNDS: usize = 100_000;

#[cfg(target_arch = "x86_64")]
macro_rules! chains {
    ($name:ident, $features:literal, $set:path, $add:path) => {
        #[target_feature(enable = $features)]
        fn $name() {
            let (one, little) = (black_box($set(1.0)), black_box($set(1e-9)));
            let mut sums = [one; SUMS];
            for _ in 0..ROUNDS {
                for sum in &mut sums {
                    *sum = $add(*sum, one, little);
                }
            }
            black_box(sums);
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};
    use std::hint::black_box;

    use super::{ROUNDS, SUMS};

    chains!(avx2, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);
    chains!(avx512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps);

    pub(super) fn of(isa: &str) -> Option<(fn(), usize)> {
        match isa {
            // SAFETY: the names are those of instruction sets that the processor has.
            "avx2" => Some((|| unsafe { avx2() }, 8)),
            // SAFETY: as above.
            "avx512" => Some((|| unsafe { avx512() }, 16)),
            _ => None,
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod x86 {
    pub(super) fn of(_: &str) -> Option<(fn(), usize)> {
        None
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let best = Isa::best().name().to_owned();
    let name = std::env::args().nth(1).unwrap_or(best);
    if !Isa::available().iter().any(|isa| isa.name() == name) {
        return Err(format!("this processor has no {name}").into());
    }
    let chains = x86::of(&name);
    for line in stdin().lock().lines() {
        let seconds: f64 = line?.trim().parse()?;
        // Not known elsewhere.
        let Some((chain, lanes)) = chains else {
            println!("NaN");
            continue;
        };
        let (start, mut shortest) = (Instant::now(), f64::MAX);
        while start.elapsed().as_secs_f64() < seconds {
            let before = Instant::now();
            chain();
            shortest = shortest.min(before.elapsed().as_secs_f64());
        }
        println!("{}", (2 * SUMS * ROUNDS * lanes) as f64 / shortest / 1e9);
    }
    Ok(())
}
