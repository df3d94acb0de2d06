//! The vertical pass: each output row is a weighted sum of input rows.

use multiversion::multiversion;

use super::filter::{HALF, Weights, to_u8};

/// Values that are summed up side by side.
const LANES: usize = 32;

/// Writes rows of `length` values, one for each output position of `weights`; the rows of `input` are `stride` values
/// apart.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
pub(super) fn pass(input: &[u8], stride: usize, weights: &Weights, length: usize, out: &mut [u8]) {
    for (i, out) in out.chunks_exact_mut(length).enumerate() {
        let (start, weights) = weights.of(i);
        let rows = &input[start * stride..];
        let (blocks, rest) = out.as_chunks_mut::<LANES>();
        let behind = blocks.len() * LANES;
        for (b, out) in blocks.iter_mut().enumerate() {
            *out = block(&rows[b * LANES..], stride, weights);
        }
        for (j, out) in rest.iter_mut().enumerate() {
            let [value] = block::<1>(&rows[behind + j..], stride, weights);
            *out = value;
        }
    }
}

/// The sums of `N` neighbouring columns.
#[inline(always)]
fn block<const N: usize>(rows: &[u8], stride: usize, weights: &[i32]) -> [u8; N] {
    let mut sums = [HALF; N];
    for (row, &weight) in rows.chunks(stride).zip(weights) {
        let Some(row) = row.first_chunk::<N>() else { break };
        for (sum, &value) in sums.iter_mut().zip(row) {
            // Wrapping, since a check would keep the loop from being vectorised; the sums fit.
            *sum = sum.wrapping_add(i32::from(value).wrapping_mul(weight));
        }
    }
    sums.map(to_u8)
}
