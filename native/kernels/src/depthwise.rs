//! Convolution whose filters see one map each: too few values for a matrix product.

use ndarray::{ArrayView3, ArrayView4, ArrayViewMut3, Axis};

use crate::Conv2d;

/// Adds to `y` `[filters, oh, ow]` the cross-correlation of `x` `[c, h, w]`, both in standard layout, with `weight`
/// `[filters, 1, kh, kw]`; filter `f` sees the map `f / (filters / c)`. Shapes have been checked.
pub(crate) fn accumulate(
    x: ArrayView3<f32>,
    weight: ArrayView4<f32>,
    geometry: &Conv2d,
    mut y: ArrayViewMut3<f32>,
) {
    let (channels, height, width) = x.dim();
    let filters_per_map = y.dim().0 / channels;
    let [stride_y, stride_x] = geometry.stride;
    let [before_y, before_x] = geometry.padding_before;
    for (f, mut y) in y.outer_iter_mut().enumerate() {
        let map = x.index_axis(Axis(0), f / filters_per_map);
        let map = map.to_slice().unwrap_or_default();
        let taps = weight.index_axis(Axis(0), f);
        let taps = taps.index_axis(Axis(0), 0);
        let out_width = y.ncols();
        for (oy, mut y) in y.outer_iter_mut().enumerate() {
            let y = y.as_slice_mut().unwrap_or_default();
            for ((ky, kx), &tap) in taps.indexed_iter() {
                // Padded coordinates, as in the general convolution.
                let iy = oy * stride_y + ky * geometry.dilation[0];
                if iy < before_y || iy >= before_y + height {
                    continue;
                }
                let row = &map[(iy - before_y) * width..][..width];
                let at = kx * geometry.dilation[1];
                // The outputs for which the tap lies inside the row.
                let from = before_x.saturating_sub(at).div_ceil(stride_x).min(out_width);
                let end = (before_x + width).saturating_sub(at).div_ceil(stride_x).min(out_width);
                if from >= end {
                    continue;
                }
                let row = &row[from * stride_x + at - before_x..];
                let y = &mut y[from..end];
                if stride_x == 1 {
                    y.iter_mut().zip(row).for_each(|(y, x)| *y += tap * x);
                } else {
                    y.iter_mut().zip(row.iter().step_by(stride_x)).for_each(|(y, x)| *y += tap * x);
                }
            }
        }
    }
}
