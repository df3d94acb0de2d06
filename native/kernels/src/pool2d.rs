//! Pooling over windows and over whole maps.

use ndarray::{ArrayView2, ArrayView3, ArrayViewMut1, ArrayViewMut3, Axis, Zip, s};

use crate::error::{Error, check};

/// Geometry of a pooling window, in the order (height, width).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool2d {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Step of the window.
    pub stride: [usize; 2],
    /// Padding on each side: at most half of the kernel.
    pub padding: [usize; 2],
}

/// Largest value of each window; padding never wins, NaN always does.
/// Shapes: `x` `[c, h, w]`, `y` `[c, oh, ow]`.
pub fn max_pool2d(x: ArrayView3<f32>, geometry: &Pool2d, y: ArrayViewMut3<f32>) -> Result<(), Error> {
    pool("max_pool2d", x, geometry, y, f32::NEG_INFINITY, larger, |largest, _| largest)
}

/// Mean of each window, in which the padding's zeros count where `count_padding` says so; what a window reaches
/// beyond the padding never counts. Shapes: `x` `[c, h, w]`, `y` `[c, oh, ow]`.
pub fn avg_pool2d(
    x: ArrayView3<f32>,
    geometry: &Pool2d,
    count_padding: bool,
    y: ArrayViewMut3<f32>,
) -> Result<(), Error> {
    let mean = |sum, window: &Window| sum / if count_padding { window.padded } else { window.inside } as f32;
    pool("avg_pool2d", x, geometry, y, 0.0, |sum, v| sum + v, mean)
}

/// Mean of windows that are fitted to the output: the window of row `i` of `oh` holds the rows from
/// `floor(i * h / oh)` up to `ceil((i + 1) * h / oh)`, and likewise for columns, as in PyTorch.
/// Shapes: `x` `[c, h, w]`, `y` `[c, oh, ow]`.
pub fn adaptive_avg_pool2d(x: ArrayView3<f32>, mut y: ArrayViewMut3<f32>) -> Result<(), Error> {
    let (channels, height, width) = x.dim();
    let (out_channels, out_height, out_width) = y.dim();
    check("adaptive_avg_pool2d", "output", &[out_channels], &[channels])?;
    let range = |i: usize, size: usize, out: usize| i * size / out..((i + 1) * size).div_ceil(out);
    for (map, mut y) in x.outer_iter().zip(y.outer_iter_mut()) {
        for ((oy, ox), y) in y.indexed_iter_mut() {
            let window = map.slice(s![range(oy, height, out_height), range(ox, width, out_width)]);
            *y = mean(window);
        }
    }
    Ok(())
}

/// Largest value of each map. Shapes: `x` `[c, h, w]`, `y` `[c]`.
pub fn global_max_pool2d(x: ArrayView3<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    pool_maps("global_max_pool2d", x, y, |map| map.iter().copied().fold(f32::NEG_INFINITY, larger))
}

/// Mean of each map. Shapes: `x` `[c, h, w]`, `y` `[c]`.
pub fn global_avg_pool2d(x: ArrayView3<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    pool_maps("global_avg_pool2d", x, y, mean)
}

/// Summed up in f64: one number after the other, a sum of thousands would lose digits.
fn mean(values: ArrayView2<f32>) -> f32 {
    (values.iter().fold(0.0, |sum, &v| sum + f64::from(v)) / values.len() as f64) as f32
}

/// The larger of two values; `f32::max` would lose a NaN.
fn larger(best: f32, v: f32) -> f32 {
    if v > best || v.is_nan() { v } else { best }
}

/// The numbers of values in a window.
struct Window {
    /// Those of the input.
    inside: usize,
    /// Those of the input and of the padding.
    padded: usize,
}

/// Folds the part of each window that lies inside the input, row after row.
fn pool(
    kernel: &'static str,
    x: ArrayView3<f32>,
    geometry: &Pool2d,
    mut y: ArrayViewMut3<f32>,
    start: f32,
    fold: impl Fn(f32, f32) -> f32,
    finish: impl Fn(f32, &Window) -> f32,
) -> Result<(), Error> {
    let (channels, height, width) = x.dim();
    check(kernel, "output", &[y.dim().0], &[channels])?;
    // In padded coordinates; those inside the input are given back without the padding.
    let range = |out: usize, d: usize, size: usize| {
        let (start, padding) = (out * geometry.stride[d], geometry.padding[d]);
        let padded = (start + geometry.kernel[d]).min(size + 2 * padding).saturating_sub(start);
        let end = (start + geometry.kernel[d]).saturating_sub(padding).min(size);
        (start.saturating_sub(padding).min(end)..end, padded)
    };
    let x = x.as_standard_layout();
    for (map, mut y) in x.outer_iter().zip(y.outer_iter_mut()) {
        let values = map.to_slice().unwrap_or_default();
        for (oy, mut y) in y.outer_iter_mut().enumerate() {
            let (rows, padded_rows) = range(oy, 0, height);
            for (ox, y) in y.indexed_iter_mut() {
                let (columns, padded_columns) = range(ox, 1, width);
                let mut value = start;
                for iy in rows.clone() {
                    let row = &values[iy * width..][columns.clone()];
                    value = row.iter().fold(value, |value, &v| fold(value, v));
                }
                let inside = rows.len() * columns.len();
                *y = finish(value, &Window { inside, padded: padded_rows * padded_columns });
            }
        }
    }
    Ok(())
}

fn pool_maps(
    kernel: &'static str,
    x: ArrayView3<f32>,
    mut y: ArrayViewMut1<f32>,
    reduce: impl Fn(ArrayView2<f32>) -> f32,
) -> Result<(), Error> {
    check(kernel, "output", y.shape(), &[x.dim().0])?;
    Zip::from(&mut y).and(x.axis_iter(Axis(0))).for_each(|y, map| *y = reduce(map));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array3, array};

    const HALVES: Pool2d = Pool2d { kernel: [2, 2], stride: [2, 2], padding: [0, 0] };

    #[test]
    fn pools_windows() {
        let x = array![[[1.0, 2.0, 5.0], [3.0, -4.0, 6.0]]];
        let mut y = Array3::zeros((1, 1, 1));
        max_pool2d(x.view(), &HALVES, y.view_mut()).unwrap();
        assert_eq!(y, array![[[3.0]]]);
        avg_pool2d(x.view(), &HALVES, true, y.view_mut()).unwrap();
        assert_eq!(y, array![[[0.5]]]);
    }

    #[test]
    fn padding_counts_in_the_mean_but_never_wins() {
        let x = array![[[-4.0, -8.0], [-12.0, -16.0]]];
        let geometry = Pool2d { kernel: [2, 2], stride: [2, 2], padding: [1, 1] };
        let mut y = Array3::zeros((1, 2, 2));
        max_pool2d(x.view(), &geometry, y.view_mut()).unwrap();
        assert_eq!(y, array![[[-4.0, -8.0], [-12.0, -16.0]]]);
        avg_pool2d(x.view(), &geometry, true, y.view_mut()).unwrap();
        assert_eq!(y, array![[[-1.0, -2.0], [-3.0, -4.0]]]);
    }

    #[test]
    fn padding_counts_only_where_asked_and_never_what_lies_beyond_it() {
        let x = array![[[6.0, 6.0, 6.0]]];
        let geometry = Pool2d { kernel: [1, 3], stride: [1, 3], padding: [0, 1] };
        let mut y = Array3::zeros((1, 1, 2));
        // The second window holds a value, a zero of the padding, and a place beyond it.
        avg_pool2d(x.view(), &geometry, true, y.view_mut()).unwrap();
        assert_eq!(y, array![[[4.0, 3.0]]]);
        avg_pool2d(x.view(), &geometry, false, y.view_mut()).unwrap();
        assert_eq!(y, array![[[6.0, 6.0]]]);
    }

    #[test]
    fn windows_are_fitted_to_the_output() {
        let x = array![[[1.0, 2.0, 3.0, 4.0, 5.0]]];
        let mut y = Array3::zeros((1, 1, 3));
        adaptive_avg_pool2d(x.view(), y.view_mut()).unwrap();
        assert_eq!(y, array![[[1.5, 3.0, 4.5]]]);
        let mut y = Array3::zeros((1, 2, 7));
        adaptive_avg_pool2d(x.view(), y.view_mut()).unwrap();
        assert_eq!(y.slice(s![0, 0, ..]), array![1.0, 1.5, 2.5, 3.0, 3.5, 4.5, 5.0]);
        assert_eq!(y.slice(s![0, 0, ..]), y.slice(s![0, 1, ..]));
    }

    #[test]
    fn nan_wins() {
        let x = array![[[1.0, f32::NAN], [3.0, 4.0]]];
        let mut y = Array3::zeros((1, 1, 1));
        max_pool2d(x.view(), &HALVES, y.view_mut()).unwrap();
        assert!(y[[0, 0, 0]].is_nan());
    }

    #[test]
    fn pools_whole_maps() {
        let x = array![[[1.0, 2.0], [3.0, 6.0]], [[-1.0, -2.0], [-3.0, -6.0]]];
        let mut y = Array1::zeros(2);
        global_avg_pool2d(x.view(), y.view_mut()).unwrap();
        assert_eq!(y, array![3.0, -3.0]);
        global_max_pool2d(x.view(), y.view_mut()).unwrap();
        assert_eq!(y, array![6.0, -1.0]);
    }

    #[test]
    fn channels_that_do_not_fit_are_refused() {
        let x = Array3::<f32>::zeros((2, 2, 2));
        let mut y = Array3::from_elem((1, 1, 1), 7.0);
        assert!(max_pool2d(x.view(), &HALVES, y.view_mut()).is_err());
        assert_eq!(y[[0, 0, 0]], 7.0);
    }
}
