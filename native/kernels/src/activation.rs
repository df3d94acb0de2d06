//! Elementwise activations, and softmax.

use ndarray::{ArrayView1, ArrayViewMut1};

use crate::error::{Error, check};

/// `y = max(x, 0)`; NaN stays NaN. Shapes: `x` and `y` `[n]`.
pub fn relu(x: ArrayView1<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    // `f32::max` would turn NaN into 0.
    each("relu", x, y, |x| if x <= 0.0 { 0.0 } else { x })
}

/// `y = min(max(x, 0), 6)`; NaN stays NaN. Shapes: `x` and `y` `[n]`.
pub fn relu6(x: ArrayView1<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    each("relu6", x, y, |x| x.clamp(0.0, 6.0))
}

/// `y = x` above 0, `slope * x` below. Shapes: `x` and `y` `[n]`.
pub fn leaky_relu(x: ArrayView1<f32>, slope: f32, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    each("leaky_relu", x, y, |x| if x > 0.0 { x } else { slope * x })
}

/// `y = 1 / (1 + exp(-x))`. Shapes: `x` and `y` `[n]`.
pub fn sigmoid(x: ArrayView1<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    each("sigmoid", x, y, |x| 1.0 / (1.0 + (-x).exp()))
}

/// `y = x * sigmoid(x)`. Shapes: `x` and `y` `[n]`.
pub fn silu(x: ArrayView1<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    each("silu", x, y, |x| x / (1.0 + (-x).exp()))
}

/// `y = min(max(x + 3, 0), 6) / 6`. Shapes: `x` and `y` `[n]`.
pub fn hard_sigmoid(x: ArrayView1<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    each("hard_sigmoid", x, y, |x| (x + 3.0).clamp(0.0, 6.0) / 6.0)
}

/// `y = x * hard_sigmoid(x)`. Shapes: `x` and `y` `[n]`.
pub fn hard_swish(x: ArrayView1<f32>, y: ArrayViewMut1<f32>) -> Result<(), Error> {
    each("hard_swish", x, y, |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0)
}

fn each(
    kernel: &'static str,
    x: ArrayView1<f32>,
    mut y: ArrayViewMut1<f32>,
    function: impl Fn(f32) -> f32,
) -> Result<(), Error> {
    check(kernel, "output", y.shape(), x.shape())?;
    y.zip_mut_with(&x, |y, &x| *y = function(x));
    Ok(())
}

/// `y = exp(x) / sum(exp(x))`, shifted by the largest value so that nothing overflows.
/// Shapes: `x` and `y` `[n]`.
pub fn softmax(x: ArrayView1<f32>, mut y: ArrayViewMut1<f32>) -> Result<(), Error> {
    check("softmax", "output", y.shape(), x.shape())?;
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // In f64: one number after the other, a sum of thousands would lose digits.
    let mut sum = 0.0;
    y.zip_mut_with(&x, |y, &x| {
        *y = (x - largest).exp();
        sum += f64::from(*y);
    });
    y.map_inplace(|y| *y = (f64::from(*y) / sum) as f32);
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

    /// Function, and its values at -4, -1, 0, 1 and 8.
    type Case = (fn(ArrayView1<f32>, ArrayViewMut1<f32>) -> Result<(), Error>, [f32; 5]);

    #[test]
    fn activations_are_their_definitions_and_keep_nan() {
        let sigmoid_at = |x: f64| 1.0 / (1.0 + (-x).exp());
        let sigmoids = [-4.0, -1.0, 0.0, 1.0, 8.0].map(|x| sigmoid_at(x) as f32);
        let silus = [-4.0, -1.0, 0.0, 1.0, 8.0].map(|x| (x * sigmoid_at(x)) as f32);
        let cases: [Case; 6] = [
            (relu6, [0.0, 0.0, 0.0, 1.0, 6.0]),
            (|x, y| leaky_relu(x, 0.25, y), [-1.0, -0.25, 0.0, 1.0, 8.0]),
            (sigmoid, sigmoids),
            (silu, silus),
            (hard_sigmoid, [0.0, 2.0 / 6.0, 0.5, 4.0 / 6.0, 1.0]),
            (hard_swish, [0.0, -2.0 / 6.0, 0.0, 4.0 / 6.0, 8.0]),
        ];
        for (i, (function, expected)) in cases.into_iter().enumerate() {
            let mut y = Array1::from_elem(6, 7.0);
            function(array![-4.0, -1.0, 0.0, 1.0, 8.0, f32::NAN].view(), y.view_mut()).unwrap();
            for (found, expected) in y.iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-6, "{i}: {found} for {expected}");
            }
            assert!(y[5].is_nan(), "{i}");
        }
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
