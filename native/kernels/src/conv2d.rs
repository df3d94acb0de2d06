//! Two-dimensional convolution: patches laid out as columns (im2col), a strip of rows at a time, then a matrix
//! product.

use ndarray::{
    ArrayView1, ArrayView2, ArrayView3, ArrayView4, ArrayViewMut2, ArrayViewMut3, Axis,
    linalg::general_mat_mul, s,
};

use crate::depthwise;
use crate::error::{Error, check};

/// The most values of columns at a time: about what stays in a processor's cache.
const STRIP: usize = 1 << 19;

fn rows_at_a_time(taps: usize, width: usize) -> usize {
    (STRIP / (taps * width).max(1)).max(1)
}

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
/// so the padding after the last row and column needs no number of its own. `columns` is a buffer to be used
/// again; its contents do not matter.
pub fn conv2d(
    x: ArrayView3<f32>,
    weight: ArrayView4<f32>,
    bias: Option<ArrayView1<f32>>,
    geometry: &Conv2d,
    columns: &mut Vec<f32>,
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
    if !y.is_standard_layout() {
        return Err(unexpected_layout("output"));
    }

    match bias {
        Some(bias) => y.assign(&bias.insert_axis(Axis(1)).insert_axis(Axis(2))),
        None => y.fill(0.0),
    }
    let x = x.as_standard_layout();
    if channels_per_group == 1 && groups > 1 {
        depthwise::accumulate(x.view(), weight, geometry, y);
        return Ok(());
    }
    let taps = channels_per_group * kernel_height * kernel_width;
    let filters_per_group = filters / groups;
    for group in 0..groups {
        let channels = group * channels_per_group..(group + 1) * channels_per_group;
        let filters = group * filters_per_group..(group + 1) * filters_per_group;
        let weight = weight.slice(s![filters.clone(), .., .., ..]);
        // A slice along the first axis of arrays in standard layout: none of the reshapes copies.
        let weight = weight.to_shape((filters_per_group, taps)).map_err(|_| unexpected_layout("weight"))?;
        let part = y.slice_mut(s![filters, .., ..]);
        let mut part = part
            .into_shape_with_order((filters_per_group, out_height * out_width))
            .map_err(|_| unexpected_layout("output"))?;
        let x = x.slice(s![channels, .., ..]);
        if geometry.reads_each_value_once(
            [kernel_height, kernel_width],
            [height, width],
            [out_height, out_width],
        ) {
            let x = x.to_shape((taps, height * width)).map_err(|_| unexpected_layout("input"))?;
            general_mat_mul(1.0, &weight, &x, 1.0, &mut part);
            continue;
        }
        let window = Window { kernel: [kernel_height, kernel_width], out_width };
        in_strips(x, &weight.view(), geometry, &window, columns, &mut part)?;
    }
    Ok(())
}

impl Conv2d {
    /// Whether the columns of a convolution are its input as it is.
    fn reads_each_value_once(&self, kernel: [usize; 2], size: [usize; 2], out: [usize; 2]) -> bool {
        kernel == [1, 1] && self.stride == [1, 1] && self.padding_before == [0, 0] && size == out
    }
}

/// Size of the kernel (height, width), and width of the output.
struct Window {
    kernel: [usize; 2],
    out_width: usize,
}

/// Adds `weight` times the columns of `x` to `y` `[filters, out pixels]`, as many output rows at a time as fit.
fn in_strips(
    x: ArrayView3<f32>,
    weight: &ArrayView2<f32>,
    geometry: &Conv2d,
    window: &Window,
    columns: &mut Vec<f32>,
    y: &mut ArrayViewMut2<f32>,
) -> Result<(), Error> {
    let (taps, out_width) = (weight.ncols(), window.out_width);
    let out_height = y.ncols() / out_width.max(1);
    let strip = rows_at_a_time(taps, out_width);
    for from in (0..out_height).step_by(strip) {
        let rows = from..(from + strip).min(out_height);
        let pixels = rows.start * out_width..rows.end * out_width;
        columns.clear();
        fill_columns(x, rows, geometry, window, columns);
        let matrix =
            ArrayView2::from_shape((taps, pixels.len()), columns).map_err(|_| unexpected_layout("input"))?;
        general_mat_mul(1.0, weight, &matrix, 1.0, &mut y.slice_mut(s![.., pixels]));
    }
    Ok(())
}

/// Appends what each tap of the kernel sees at the pixels of some rows of the output: `[taps, pixels]`.
fn fill_columns(
    x: ArrayView3<f32>,
    rows: std::ops::Range<usize>,
    geometry: &Conv2d,
    window: &Window,
    columns: &mut Vec<f32>,
) {
    let (_, height, width) = x.dim();
    let [kernel_height, kernel_width] = window.kernel;
    let out_width = window.out_width;
    let [stride_y, stride_x] = geometry.stride;
    let [before_y, before_x] = geometry.padding_before;
    for map in x.outer_iter() {
        let map = map.to_slice().unwrap_or_default();
        for (ky, kx) in (0..kernel_height).flat_map(|ky| (0..kernel_width).map(move |kx| (ky, kx))) {
            // Padded coordinates: a position is inside the image where `before <= position < before + size`.
            let inside = |ix: &usize| (before_x..before_x + width).contains(ix);
            let first_x = kx * geometry.dilation[1];
            let all_inside = inside(&first_x) && inside(&(first_x + (out_width - 1) * stride_x));
            for oy in rows.clone() {
                let iy = oy * stride_y + ky * geometry.dilation[0];
                if iy < before_y || iy >= before_y + height {
                    columns.resize(columns.len() + out_width, 0.0);
                    continue;
                }
                let row = &map[(iy - before_y) * width..][..width];
                if all_inside && stride_x == 1 {
                    columns.extend_from_slice(&row[first_x - before_x..][..out_width]);
                } else if all_inside {
                    columns.extend(row[first_x - before_x..].iter().step_by(stride_x).take(out_width));
                } else {
                    let xs = (0..out_width).map(|ox| first_x + ox * stride_x);
                    columns.extend(xs.map(|ix| if inside(&ix) { row[ix - before_x] } else { 0.0 }));
                }
            }
        }
    }
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
        // Left over from another call.
        let (mut cases, mut columns) = (0, vec![7.0; 100]);
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
                        conv2d(x.view(), weight.view(), None, &g, &mut columns, y.view_mut()).unwrap();
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
    fn a_large_image_is_computed_in_strips() {
        let size = 210;
        let taps = 12 * 9;
        assert!(
            taps * size * size > 4 * STRIP && !STRIP.is_multiple_of(taps * size),
            "some strips, and a shorter one"
        );
        let g = Conv2d { padding_before: [1, 1], ..PLAIN };
        let x = Array3::from_shape_fn((12, size, size), |(c, y, x)| value(c * 10_007 + y * 101 + x));
        let weight =
            Array4::from_shape_fn((2, 12, 3, 3), |(f, c, y, x)| value(f * 7919 + c * 1009 + y * 31 + x));
        let mut y = Array3::from_elem((2, size, size), f32::NAN);
        conv2d(x.view(), weight.view(), None, &g, &mut vec![], y.view_mut()).unwrap();
        for (y, e) in y.iter().zip(&naive(&x, &weight, &g, [size, size])) {
            assert!((f64::from(*y) - e).abs() <= 5e-5, "{y} for {e}");
        }
    }

    #[test]
    fn adds_the_bias_of_each_filter() {
        let x = Array3::<f32>::zeros((1, 2, 2));
        let weight = Array4::<f32>::zeros((2, 1, 1, 1));
        let mut y = Array3::from_elem((2, 2, 2), f32::NAN);
        conv2d(x.view(), weight.view(), Some(array![1.5, -2.0].view()), &PLAIN, &mut vec![], y.view_mut())
            .unwrap();
        assert_eq!(y, array![[[1.5, 1.5], [1.5, 1.5]], [[-2.0, -2.0], [-2.0, -2.0]]]);
    }

    #[test]
    fn channels_that_do_not_fit_are_refused() {
        let x = Array3::<f32>::zeros((3, 2, 2));
        let weight = Array4::<f32>::zeros((2, 1, 1, 1));
        let mut y = Array3::from_elem((2, 2, 2), 7.0);
        let error = conv2d(x.view(), weight.view(), None, &PLAIN, &mut vec![], y.view_mut()).unwrap_err();
        assert_eq!(error.to_string(), "conv2d: input has shape [3], expected [1]");
        assert!(y.iter().all(|&v| v == 7.0));
    }
}
