//! Pooling over windows and over whole maps.

use ndarray::{ArrayView2, ArrayView3, ArrayViewMut1, ArrayViewMut3, Axis, Zip};

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
    pool("max_pool2d", x, geometry, y, f32::NEG_INFINITY, larger, |largest| largest)
}

/// Mean of each window, the padding's zeros included, as PyTorch's default does.
/// Shapes: `x` `[c, h, w]`, `y` `[c, oh, ow]`.
pub fn avg_pool2d(x: ArrayView3<f32>, geometry: &Pool2d, y: ArrayViewMut3<f32>) -> Result<(), Error> {
    // All of the window counts: no window reaches beyond the padding.
    let area = (geometry.kernel[0] * geometry.kernel[1]) as f32;
    pool("avg_pool2d", x, geometry, y, 0.0, |sum, v| sum + v, |sum| sum / area)
}

/// Largest value of each map. Shapes: `x` `[c, h, w]`, `y` `[c]`.
pub fn global_max_pool2d(x: ArrayView3<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    pool_maps("global_max_pool2d", x, y, |map| map.iter().copied().fold(f32::NEG_INFINITY, larger))
}

/// Mean of each map. Shapes: `x` `[c, h, w]`, `y` `[c]`.
pub fn global_avg_pool2d(x: ArrayView3<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    let area = (x.dim().1 * x.dim().2) as f32;
    pool_maps("global_avg_pool2d", x, y, |map| map.iter().fold(0.0, |sum, v| sum + v) / area)
}

/// The larger of two values; `f32::max` would lose a NaN.
fn larger(best: f32, v: f32) -> f32 {
    if v > best || v.is_nan() { v } else { best }
}

/// Folds the part of each window that lies inside the input, row after row.
fn pool(
    kernel: &'static str,
    x: ArrayView3<f32>,
    geometry: &Pool2d,
    mut y: ArrayViewMut3<f32>,
    start: f32,
    fold: impl Fn(f32, f32) -> f32,
    finish: impl Fn(f32) -> f32,
) -> Result<(), Error> {
    let (channels, height, width) = x.dim();
    check(kernel, "output", &[y.dim().0], &[channels])?;
    let range = |out: usize, d: usize, size: usize| {
        let start = out * geometry.stride[d];
        let end = (start + geometry.kernel[d]).saturating_sub(geometry.padding[d]).min(size);
        start.saturating_sub(geometry.padding[d]).min(end)..end
    };
    for (map, mut y) in x.outer_iter().zip(y.outer_iter_mut()) {
        for ((oy, ox), y) in y.indexed_iter_mut() {
            let mut value = start;
            for iy in range(oy, 0, height) {
                for ix in range(ox, 1, width) {
                    value = fold(value, map[[iy, ix]]);
                }
            }
            *y = finish(value);
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
        avg_pool2d(x.view(), &HALVES, y.view_mut()).unwrap();
        assert_eq!(y, array![[[0.5]]]);
    }

    #[test]
    fn padding_counts_in_the_mean_but_never_wins() {
        let x = array![[[-4.0, -8.0], [-12.0, -16.0]]];
        let geometry = Pool2d { kernel: [2, 2], stride: [2, 2], padding: [1, 1] };
        let mut y = Array3::zeros((1, 2, 2));
        max_pool2d(x.view(), &geometry, y.view_mut()).unwrap();
        assert_eq!(y, array![[[-4.0, -8.0], [-12.0, -16.0]]]);
        avg_pool2d(x.view(), &geometry, y.view_mut()).unwrap();
        assert_eq!(y, array![[[-1.0, -2.0], [-3.0, -4.0]]]);
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
