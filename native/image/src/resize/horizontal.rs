//! The horizontal pass: each output column is a weighted sum of neighbouring pixels of its row.

use super::filter::{HALF, Weights, to_u8};

/// Bytes of a row that an output pixel may look at where its taps are unrolled.
const WINDOW: usize = 64;

/// Values of a pixel that are summed up side by side; those that a pixel has not are thrown away.
const LANES: usize = 4;

/// Writes rows of as many pixels as `weights` has output positions, one for each row of `input`, whose rows hold
/// `width` pixels of `C` values.
pub(super) fn pass<const C: usize>(input: &[u8], width: usize, weights: &Weights, out: &mut [u8]) {
    match weights.taps {
        0..=2 => unrolled::<C, 2>(input, width, weights, out),
        3 => unrolled::<C, 3>(input, width, weights, out),
        4 => unrolled::<C, 4>(input, width, weights, out),
        5 => unrolled::<C, 5>(input, width, weights, out),
        6 => unrolled::<C, 6>(input, width, weights, out),
        7 => unrolled::<C, 7>(input, width, weights, out),
        8 => unrolled::<C, 8>(input, width, weights, out),
        9 | 10 => unrolled::<C, 10>(input, width, weights, out),
        11 | 12 => unrolled::<C, 12>(input, width, weights, out),
        13..=16 => unrolled::<C, 16>(input, width, weights, out),
        17..=20 => unrolled::<C, 20>(input, width, weights, out),
        _ => any::<C>(input, width, weights, out),
    }
}

/// With `N` taps for every output pixel, of which the last ones may weigh nothing.
#[inline(always)]
fn unrolled<const C: usize, const N: usize>(input: &[u8], width: usize, weights: &Weights, out: &mut [u8]) {
    const { assert!((N - 1) * C + LANES <= WINDOW) };
    let taps: Vec<(usize, [i32; N])> = (0..weights.starts.len())
        .map(|i| {
            let (start, counting) = weights.of(i);
            let mut taps = [0; N];
            taps[..counting.len()].copy_from_slice(counting);
            (start * C, taps)
        })
        .collect();
    // Room behind the row, so that every window is whole.
    let mut row = vec![0; width * C + WINDOW];
    for (input, out) in input.chunks_exact(width * C).zip(out.chunks_exact_mut(taps.len() * C)) {
        row[..width * C].copy_from_slice(input);
        for (out, (start, taps)) in out.as_chunks_mut::<C>().0.iter_mut().zip(&taps) {
            let Some(window) = row[*start..].first_chunk::<WINDOW>() else { break };
            let mut sums = [HALF; LANES];
            for (j, &weight) in taps.iter().enumerate() {
                for (lane, sum) in sums.iter_mut().enumerate() {
                    // Wrapping, since a check would keep the loop from being vectorised; the sums fit.
                    *sum = sum.wrapping_add(i32::from(window[j * C + lane]).wrapping_mul(weight));
                }
            }
            *out = std::array::from_fn(|c| to_u8(sums[c]));
        }
    }
}

/// With any number of taps.
fn any<const C: usize>(input: &[u8], width: usize, weights: &Weights, out: &mut [u8]) {
    let columns = weights.starts.len();
    for (input, out) in input.chunks_exact(width * C).zip(out.chunks_exact_mut(columns * C)) {
        let row = input.as_chunks::<C>().0;
        for (i, out) in out.as_chunks_mut::<C>().0.iter_mut().enumerate() {
            let (start, taps) = weights.of(i);
            let mut sums = [HALF; C];
            for (pixel, &weight) in row[start..].iter().zip(taps) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum = sum.wrapping_add(i32::from(value).wrapping_mul(weight));
                }
            }
            *out = sums.map(to_u8);
        }
    }
}
