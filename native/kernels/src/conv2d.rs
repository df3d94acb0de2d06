//! Two-dimensional convolution: patches laid out as columns (im2col), then one matrix product a group.

use ndarray::{Array2, ArrayView1, ArrayView3, ArrayView4, ArrayViewMut3, Axis, linalg::general_mat_mul, s};

use crate::error::{Error, check};

/// Geometry of a convolution, in the order (height, width).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv2d {
    /// Step of the window.
    pub stride: [usize; 2],
    /// Zeros before the first row and column.
    pub padding_before: [usize; 2],
    /// Distance of two taps of the kernel.
    pub dilation: [usize; 2],
    /// Number of independent groups of channels.
    pub groups: usize,
}

/// Cross-correlation of `x` `[c, h, w]` with `weight` `[filters, c / groups, kh, kw]`, plus `bias` `[filters]`.
///
/// The output's shape `[filters, oh, ow]` says how far the window goes; what lies outside the input is zero,
/// so the padding after the last row and column needs no number of its own.
pub fn conv2d(
    x: ArrayView3<f32>,
    weight: ArrayView4<f32>,
    bias: Option<ArrayView1<f32>>,
    geometry: &Conv2d,
    mut y: ArrayViewMut3<f32>,
) -> Result<(), Error> {
    let (channels, height, width) = x.dim();
    let (filters, channels_per_group, kernel_height, kernel_width) = weight.dim();
    let (out_channels, out_height, out_width) = y.dim();
    let groups = geometry.groups;
    check("conv2d", "input", &[channels], &[channels_per_group * groups])?;
    check("conv2d", "output", &[out_channels], &[filters])?;
    check("conv2d", "weight", &[filters % groups.max(1)], &[0])?;
    if let Some(bias) = bias {
        check("conv2d", "bias", bias.shape(), &[filters])?;
    }

    let taps = channels_per_group * kernel_height * kernel_width;
    let filters_per_group = filters / groups;
    let x = x.as_standard_layout();
    for group in 0..groups {
        let channels = group * channels_per_group..(group + 1) * channels_per_group;
        let window = Window { kernel: [kernel_height, kernel_width], out: [out_height, out_width] };
        let columns = columns(x.slice(s![channels, .., ..]), [height, width], geometry, &window);
        let columns = Array2::from_shape_vec((taps, out_height * out_width), columns)
            .map_err(|_| unexpected_layout("input"))?;

        let filters = group * filters_per_group..(group + 1) * filters_per_group;
        let weight = weight.slice(s![filters.clone(), .., .., ..]);
        // A slice along the first axis of arrays in standard layout: neither of the two reshapes copies.
        let weight = weight.to_shape((filters_per_group, taps)).map_err(|_| unexpected_layout("weight"))?;
        let mut part = y.slice_mut(s![filters.clone(), .., ..]);
        let mut part = part
            .view_mut()
            .into_shape_with_order((filters_per_group, out_height * out_width))
            .map_err(|_| unexpected_layout("output"))?;
        match bias {
            Some(bias) => part.assign(&bias.slice(s![filters]).insert_axis(Axis(1))),
            None => part.fill(0.0),
        }
        general_mat_mul(1.0, &weight, &columns, 1.0, &mut part);
    }
    Ok(())
}

/// Sizes of the kernel and of the output, (height, width).
struct Window {
    kernel: [usize; 2],
    out: [usize; 2],
}

/// For each tap `t` (channel, ky, kx) the input values that it sees at the output's pixels: `[taps, pixels]`.
fn columns(x: ArrayView3<f32>, [height, width]: [usize; 2], geometry: &Conv2d, window: &Window) -> Vec<f32> {
    let [kernel_height, kernel_width] = window.kernel;
    let [out_height, out_width] = window.out;
    let [stride_y, stride_x] = geometry.stride;
    let [before_y, before_x] = geometry.padding_before;
    let mut columns = Vec::with_capacity(x.dim().0 * kernel_height * kernel_width * out_height * out_width);
    for map in x.outer_iter() {
        let map = map.to_slice().unwrap_or_default();
        for (ky, kx) in (0..kernel_height).flat_map(|ky| (0..kernel_width).map(move |kx| (ky, kx))) {
            // Padded coordinates: a position is inside the image where `before <= position < before + size`.
            let inside = |ix: &usize| (before_x..before_x + width).contains(ix);
            let first_x = kx * geometry.dilation[1];
            let all_inside = inside(&first_x) && inside(&(first_x + (out_width - 1) * stride_x));
            for oy in 0..out_height {
                let iy = oy * stride_y + ky * geometry.dilation[0];
                if iy < before_y || iy >= before_y + height {
                    columns.resize(columns.len() + out_width, 0.0);
                    continue;
                }
                let row = &map[(iy - before_y) * width..][..width];
                if all_inside {
                    columns.extend(row[first_x - before_x..].iter().step_by(stride_x).take(out_width));
                } else {
                    let xs = (0..out_width).map(|ox| first_x + ox * stride_x);
                    columns.extend(xs.map(|ix| if inside(&ix) { row[ix - before_x] } else { 0.0 }));
                }
            }
        }
    }
    columns
}

fn unexpected_layout(what: &'static str) -> Error {
    Error { kernel: "conv2d", what, found: vec![], expected: vec![] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, Array4, array};

    const PLAIN: Conv2d = Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 };

    /// The definition, in f64.
    fn naive(x: &Array3<f32>, weight: &Array4<f32>, g: &Conv2d, out: [usize; 2]) -> Array3<f64> {
        let (filters, per_group, kh, kw) = weight.dim();
        let per_filter_group = filters / g.groups;
        Array3::from_shape_fn((filters, out[0], out[1]), |(f, oy, ox)| {
            let mut sum = 0.0;
            for c in 0..per_group {
                for ky in 0..kh {
                    for kx in 0..kw {
                        let iy =
                            (oy * g.stride[0] + ky * g.dilation[0]) as isize - g.padding_before[0] as isize;
                        let ix =
                            (ox * g.stride[1] + kx * g.dilation[1]) as isize - g.padding_before[1] as isize;
                        if iy < 0 || ix < 0 || iy >= x.dim().1 as isize || ix >= x.dim().2 as isize {
                            continue;
                        }
                        let channel = f / per_filter_group * per_group + c;
                        sum += f64::from(x[[channel, iy as usize, ix as usize]])
                            * f64::from(weight[[f, c, ky, kx]]);
                    }
                }
            }
            sum
        })
    }

    fn value(i: usize) -> f32 {
        ((i * 2_654_435_761) % 1000) as f32 / 500.0 - 1.0
    }

    #[test]
    fn agrees_with_the_definition_over_odd_shapes() {
        let mut cases = 0;
        for (channels, filters, groups) in [(1, 1, 1), (3, 5, 1), (4, 6, 2), (5, 5, 5), (3, 9, 3)] {
            for (height, width) in [(1, 1), (1, 9), (7, 4), (13, 12)] {
                for kernel in [[1, 1], [3, 3], [2, 5]] {
                    for (stride, dilation, before) in
                        [([1, 1], [1, 1], [0, 0]), ([2, 3], [1, 1], [1, 2]), ([1, 4], [2, 3], [3, 1])]
                    {
                        let g = Conv2d { stride, padding_before: before, dilation, groups };
                        let out = |size: usize, d: usize| {
                            let reach = (kernel[d] - 1) * dilation[d] + 1;
                            (size + 2 * before[d]).checked_sub(reach).map(|room| room / stride[d] + 1)
                        };
                        let (Some(oh), Some(ow)) = (out(height, 0), out(width, 1)) else { continue };
                        let x = Array3::from_shape_fn((channels, height, width), |(c, y, x)| {
                            value(c * 10_007 + y * 101 + x)
                        });
                        let per_group = channels / groups;
                        let weight = Array4::from_shape_fn(
                            (filters, per_group, kernel[0], kernel[1]),
                            |(f, c, y, x)| value(f * 7919 + c * 1009 + y * 31 + x + 5),
                        );
                        let mut y = Array3::from_elem((filters, oh, ow), f32::NAN);
                        conv2d(x.view(), weight.view(), None, &g, y.view_mut()).unwrap();
                        let expected = naive(&x, &weight, &g, [oh, ow]);
                        for (y, e) in y.iter().zip(&expected) {
                            assert!((f64::from(*y) - e).abs() <= 1e-5, "{g:?}: {y} for {e}");
                        }
                        cases += 1;
                    }
                }
            }
        }
        assert!(cases > 100, "{cases} cases ran");
    }

    #[test]
    fn adds_the_bias_of_each_filter() {
        let x = Array3::<f32>::zeros((1, 2, 2));
        let weight = Array4::<f32>::zeros((2, 1, 1, 1));
        let mut y = Array3::from_elem((2, 2, 2), f32::NAN);
        conv2d(x.view(), weight.view(), Some(array![1.5, -2.0].view()), &PLAIN, y.view_mut()).unwrap();
        assert_eq!(y, array![[[1.5, 1.5], [1.5, 1.5]], [[-2.0, -2.0], [-2.0, -2.0]]]);
    }

    #[test]
    fn channels_that_do_not_fit_are_refused() {
        let x = Array3::<f32>::zeros((3, 2, 2));
        let weight = Array4::<f32>::zeros((2, 1, 1, 1));
        let mut y = Array3::from_elem((2, 2, 2), 7.0);
        let error = conv2d(x.view(), weight.view(), None, &PLAIN, y.view_mut()).unwrap_err();
        assert_eq!(error.to_string(), "conv2d: input has shape [3], expected [1]");
        assert!(y.iter().all(|&v| v == 7.0));
    }
}
