//! Normalisation of maps.

use ndarray::{Array2, ArrayView1, ArrayView3, ArrayViewMut3, Axis, s};

use crate::error::{Error, check};

/// What batch normalisation knows of each map; all `[c]`.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    /// Factor of the normalised values.
    pub weight: ArrayView1<'a, f32>,
    /// Added after that.
    pub bias: ArrayView1<'a, f32>,
    /// Running mean.
    pub mean: ArrayView1<'a, f32>,
    /// Running variance.
    pub variance: ArrayView1<'a, f32>,
    /// Added to the variance.
    pub eps: f64,
}

/// `y = (x - mean) / sqrt(variance + eps) * weight + bias`, by map (Ioffe and Szegedy 2015).
/// Shapes: `x` and `y` `[c, h, w]`.
pub fn batch_norm(x: ArrayView3<f32>, norm: &BatchNorm, mut y: ArrayViewMut3<f32>) -> Result<(), Error> {
    let channels = [x.dim().0];
    check("batch_norm", "output", y.shape(), x.shape())?;
    check("batch_norm", "weight", norm.weight.shape(), &channels)?;
    check("batch_norm", "bias", norm.bias.shape(), &channels)?;
    check("batch_norm", "mean", norm.mean.shape(), &channels)?;
    check("batch_norm", "variance", norm.variance.shape(), &channels)?;
    for (c, (x, mut y)) in x.outer_iter().zip(y.outer_iter_mut()).enumerate() {
        let factor = f64::from(norm.weight[c]) / (f64::from(norm.variance[c]) + norm.eps).sqrt();
        let shift = f64::from(norm.bias[c]) - f64::from(norm.mean[c]) * factor;
        let (factor, shift) = (factor as f32, shift as f32);
        y.zip_mut_with(&x, |y, &x| *y = x * factor + shift);
    }
    Ok(())
}

/// The numbers of local response normalisation.
#[derive(Debug, Clone, Copy)]
pub struct LocalResponseNorm {
    /// Number of neighbouring maps, `size / 2` of them before; at least 1.
    pub size: usize,
    /// Factor of the mean of squares.
    pub alpha: f32,
    /// The power.
    pub beta: f32,
    /// Added before the power.
    pub k: f32,
}

/// `y = x / (k + alpha * mean of squares)^beta`, the mean over neighbouring maps; maps before the first and after
/// the last are 0 (Krizhevsky et al. 2012; the mean instead of the sum is PyTorch's).
/// Shapes: `x` and `y` `[c, h, w]`.
pub fn local_response_norm(
    x: ArrayView3<f32>,
    norm: &LocalResponseNorm,
    mut y: ArrayViewMut3<f32>,
) -> Result<(), Error> {
    check("local_response_norm", "output", y.shape(), x.shape())?;
    let (channels, height, width) = x.dim();
    let mut sum = Array2::zeros((height, width));
    for c in 0..channels {
        let first = c.saturating_sub(norm.size / 2);
        let end = c.saturating_add((norm.size - 1) / 2).saturating_add(1).min(channels);
        sum.fill(0.0);
        for neighbour in x.slice(s![first..end, .., ..]).outer_iter() {
            sum.zip_mut_with(&neighbour, |sum: &mut f32, &x| *sum += x * x);
        }
        let mut y = y.index_axis_mut(Axis(0), c);
        y.assign(&x.index_axis(Axis(0), c));
        let share = norm.alpha / norm.size as f32;
        y.zip_mut_with(&sum, |y, sum| *y /= (norm.k + share * sum).powf(norm.beta));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, array};

    #[test]
    fn each_map_is_normalised_by_its_own_numbers() {
        let x = array![[[1.0, 3.0]], [[1.0, 3.0]]];
        let numbers = array![[1.0, 2.0], [0.0, 5.0], [1.0, 3.0], [4.0, 0.25]];
        let norm = BatchNorm {
            weight: numbers.row(0),
            bias: numbers.row(1),
            mean: numbers.row(2),
            variance: numbers.row(3),
            eps: 0.0,
        };
        let mut y = Array3::zeros((2, 1, 2));
        batch_norm(x.view(), &norm, y.view_mut()).unwrap();
        assert_eq!(y, array![[[0.0, 1.0]], [[-3.0, 5.0]]]);
        let short = BatchNorm { bias: numbers.slice(s![1, ..1]), ..norm };
        let error = batch_norm(x.view(), &short, y.view_mut()).unwrap_err();
        assert_eq!(error.to_string(), "batch_norm: bias has shape [1], expected [2]");
    }

    #[test]
    fn neighbours_damp_a_value() {
        let x = array![[[1.0]], [[2.0]], [[3.0]], [[4.0]]];
        let norm = LocalResponseNorm { size: 3, alpha: 3.0, beta: 1.0, k: 1.0 };
        let mut y = Array3::zeros((4, 1, 1));
        local_response_norm(x.view(), &norm, y.view_mut()).unwrap();
        let expected = array![[[1.0 / 6.0]], [[2.0 / 15.0]], [[3.0 / 30.0]], [[4.0 / 26.0]]];
        assert_eq!(y, expected);
    }

    #[test]
    fn an_even_number_of_neighbours_has_one_more_before() {
        let x = array![[[1.0]], [[2.0]], [[3.0]]];
        let norm = LocalResponseNorm { size: 2, alpha: 2.0, beta: 1.0, k: 1.0 };
        let mut y = Array3::zeros((3, 1, 1));
        local_response_norm(x.view(), &norm, y.view_mut()).unwrap();
        assert_eq!(y, array![[[1.0 / 2.0]], [[2.0 / 6.0]], [[3.0 / 14.0]]]);
    }
}
