//! Elementwise activations, and softmax.

use ndarray::{ArrayView1, ArrayViewMut1};

use crate::error::{Error, check};

/// `y = max(x, 0)`; NaN stays NaN. Shapes: `x` and `y` `[n]`.
pub fn relu(x: ArrayView1<f32>, mut y: ArrayViewMut1<f32>) -> Result<(), Error> {
    check("relu", "output", y.shape(), x.shape())?;
    // `f32::max` would turn NaN into 0.
    y.zip_mut_with(&x, |y, &x| *y = if x <= 0.0 { 0.0 } else { x });
    Ok(())
}

/// `y = exp(x) / sum(exp(x))`, shifted by the largest value so that nothing overflows.
/// Shapes: `x` and `y` `[n]`.
pub fn softmax(x: ArrayView1<f32>, mut y: ArrayViewMut1<f32>) -> Result<(), Error> {
    check("softmax", "output", y.shape(), x.shape())?;
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    y.zip_mut_with(&x, |y, &x| {
        *y = (x - largest).exp();
        sum += *y;
    });
    y.map_inplace(|y| *y /= sum);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn relu_keeps_nan_and_clears_negative_values() {
        let x = array![-1.0, -0.0, 0.0, 2.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        let mut y = Array1::from_elem(7, -7.0);
        relu(x.view(), y.view_mut()).unwrap();
        assert_eq!(y.slice(ndarray::s![..4]), array![0.0, 0.0, 0.0, 2.5]);
        assert!(y[4].is_nan());
        assert_eq!((y[5], y[6]), (f32::INFINITY, 0.0));
    }

    #[test]
    fn softmax_of_large_values_sums_to_one() {
        let x = array![1000.0, 1000.0, -1000.0];
        let mut y = Array1::zeros(3);
        softmax(x.view(), y.view_mut()).unwrap();
        assert_eq!(y, array![0.5, 0.5, 0.0]);
    }

    #[test]
    fn softmax_passes_nan_on() {
        let x = array![1.0, f32::NAN];
        let mut y = Array1::zeros(2);
        softmax(x.view(), y.view_mut()).unwrap();
        assert!(y.iter().all(|v| v.is_nan()));
    }

    #[test]
    fn a_wrong_output_shape_is_refused() {
        let x = array![1.0, 2.0];
        let mut y = Array1::from_elem(3, 9.0);
        let error = relu(x.view(), y.view_mut()).unwrap_err();
        assert_eq!(error.to_string(), "relu: output has shape [3], expected [2]");
        assert_eq!(y, array![9.0, 9.0, 9.0]);
    }
}
