//! Operations that combine, repeat or move whole tensors.

use ndarray::{ArrayView1, ArrayView3, ArrayViewMut1, ArrayViewMut3, Axis, s};

use crate::error::{Error, check};

/// `y = x + z`. Shapes: all `[n]`.
pub fn add(x: ArrayView1<f32>, z: ArrayView1<f32>, mut y: ArrayViewMut1<f32>) -> Result<(), Error> {
    check("add", "second input", z.shape(), x.shape())?;
    check("add", "output", y.shape(), x.shape())?;
    y.assign(&x);
    y += &z;
    Ok(())
}

/// `y = y + x`. Shapes: both `[n]`.
pub fn accumulate(x: ArrayView1<f32>, mut y: ArrayViewMut1<f32>) -> Result<(), Error> {
    check("add", "output", y.shape(), x.shape())?;
    y += &x;
    Ok(())
}

/// `y = x * z`. Shapes: all `[n]`.
pub fn multiply(x: ArrayView1<f32>, z: ArrayView1<f32>, mut y: ArrayViewMut1<f32>) -> Result<(), Error> {
    check("multiply", "second input", z.shape(), x.shape())?;
    check("multiply", "output", y.shape(), x.shape())?;
    y.assign(&x);
    y *= &z;
    Ok(())
}

/// Multiplies each map with its factor. Shapes: `x` and `y` `[c, h, w]`, `factors` `[c]`.
pub fn multiply_maps(
    x: ArrayView3<f32>,
    factors: ArrayView1<f32>,
    mut y: ArrayViewMut3<f32>,
) -> Result<(), Error> {
    check("multiply", "factors", factors.shape(), &[x.dim().0])?;
    check("multiply", "output", y.shape(), x.shape())?;
    for ((x, mut y), &factor) in x.outer_iter().zip(y.outer_iter_mut()).zip(factors) {
        y.zip_mut_with(&x, |y, &x| *y = x * factor);
    }
    Ok(())
}

/// Takes every `step`-th row and column (height, width), the first ones included.
/// Shapes: `x` `[c, h, w]`, `y` `[c, ceil(h / step), ceil(w / step)]`.
pub fn subsample(x: ArrayView3<f32>, step: [usize; 2], mut y: ArrayViewMut3<f32>) -> Result<(), Error> {
    let taken = x.slice(s![.., ..;step[0], ..;step[1]]);
    check("subsample", "output", y.shape(), taken.shape())?;
    y.assign(&taken);
    Ok(())
}

/// Puts maps of zeros around: `before` of them, then those of `x`, then zeros up to the end of `y`.
/// Shapes: `x` `[c, h, w]`, `y` `[before + c or more, h, w]`.
pub fn pad_channels(x: ArrayView3<f32>, before: usize, mut y: ArrayViewMut3<f32>) -> Result<(), Error> {
    let (channels, height, width) = x.dim();
    let wanted = y.dim().0.max(before + channels);
    check("pad_channels", "output", y.shape(), &[wanted, height, width])?;
    y.fill(0.0);
    y.slice_axis_mut(Axis(0), (before..before + channels).into()).assign(&x);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, array};

    #[test]
    fn adds_and_multiplies() {
        let (x, z) = (array![1.0, 2.0], array![10.0, 20.0]);
        let mut y = array![7.0, 7.0];
        add(x.view(), z.view(), y.view_mut()).unwrap();
        assert_eq!(y, array![11.0, 22.0]);
        accumulate(x.view(), y.view_mut()).unwrap();
        assert_eq!(y, array![12.0, 24.0]);
        multiply(x.view(), z.view(), y.view_mut()).unwrap();
        assert_eq!(y, array![10.0, 40.0]);
    }

    #[test]
    fn each_map_has_its_factor() {
        let x = array![[[1.0, 2.0]], [[3.0, 4.0]]];
        let mut y = Array3::zeros((2, 1, 2));
        multiply_maps(x.view(), array![2.0, -1.0].view(), y.view_mut()).unwrap();
        assert_eq!(y, array![[[2.0, 4.0]], [[-3.0, -4.0]]]);
    }

    #[test]
    fn takes_rows_and_columns_and_adds_maps() {
        let x = array![[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]];
        let mut y = Array3::zeros((1, 2, 3));
        subsample(x.view(), [2, 1], y.view_mut()).unwrap();
        assert_eq!(y, array![[[1.0, 2.0, 3.0], [7.0, 8.0, 9.0]]]);
        let mut y = Array3::from_elem((4, 3, 3), 7.0);
        pad_channels(x.view(), 1, y.view_mut()).unwrap();
        assert_eq!(y.slice(s![1, .., ..]), x.slice(s![0, .., ..]));
        assert_eq!(y.sum(), x.sum());
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let x = Array3::<f32>::zeros((2, 2, 2));
        let mut y = Array3::from_elem((2, 2, 2), 7.0);
        assert!(multiply_maps(x.view(), array![1.0].view(), y.view_mut()).is_err());
        assert!(subsample(x.view(), [2, 2], y.view_mut()).is_err());
        assert!(pad_channels(x.view(), 1, y.view_mut()).is_err());
        let mut flat = array![7.0, 7.0];
        assert!(add(array![1.0].view(), array![1.0].view(), flat.view_mut()).is_err());
        assert!(accumulate(array![1.0].view(), flat.view_mut()).is_err());
        assert!(multiply(array![1.0, 1.0].view(), array![1.0].view(), flat.view_mut()).is_err());
        assert!(y.iter().chain(&flat).all(|&v| v == 7.0));
    }
}
