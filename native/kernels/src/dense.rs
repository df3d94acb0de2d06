//! The fully connected layer.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, linalg::general_mat_vec_mul};

use crate::error::{Error, check};

/// `y = weight * x + bias`. Shapes: `x` `[n]`, `weight` `[units, n]`, `bias` and `y` `[units]`.
pub fn dense(
    x: ArrayView1<f32>,
    weight: ArrayView2<f32>,
    bias: Option<ArrayView1<f32>>,
    mut y: ArrayViewMut1<f32>,
) -> Result<(), Error> {
    let units = weight.nrows();
    check("dense", "input", x.shape(), &[weight.ncols()])?;
    check("dense", "output", y.shape(), &[units])?;
    match bias {
        Some(bias) => {
            check("dense", "bias", bias.shape(), &[units])?;
            y.assign(&bias);
        }
        None => y.fill(0.0),
    }
    general_mat_vec_mul(1.0, &weight, &x, 1.0, &mut y);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn multiplies_and_adds_the_bias() {
        let weight = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let mut y = Array1::from_elem(3, f32::NAN);
        dense(array![1.0, -1.0].view(), weight.view(), None, y.view_mut()).unwrap();
        assert_eq!(y, array![-1.0, -1.0, -1.0]);
        let bias = array![10.0, 20.0, 30.0];
        dense(array![1.0, -1.0].view(), weight.view(), Some(bias.view()), y.view_mut()).unwrap();
        assert_eq!(y, array![9.0, 19.0, 29.0]);
    }

    #[test]
    fn shapes_are_checked_before_anything_is_written() {
        let weight = array![[1.0, 2.0]];
        let mut y = array![7.0];
        let bias = array![1.0, 2.0];
        assert!(dense(array![1.0].view(), weight.view(), None, y.view_mut()).is_err());
        assert!(dense(array![1.0, 2.0].view(), weight.view(), Some(bias.view()), y.view_mut()).is_err());
        assert_eq!(y, array![7.0]);
    }
}
