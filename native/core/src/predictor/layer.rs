//! The computation of one layer by the kernels.

use firesteel_kernels as kernels;
use ndarray::{ArrayView1, ArrayView2, ArrayView3, ArrayView4, ArrayViewMut1, ArrayViewMut3};

use crate::Error;
use crate::network::{Conv2d, GraphNode, Op, Pool2d, Shape};

/// Writes the result of a layer to `y`. `weights` are those of the layer in the order of the graph's layout,
/// `columns` is a buffer for convolutions.
pub(super) fn compute(
    node: &GraphNode,
    inputs: &[(&Shape, &[f32])],
    weights: &[&[f32]],
    columns: &mut Vec<f32>,
    y: &mut [f32],
) -> Result<(), Error> {
    let (shape, x) = inputs[0];
    let in_map = shape.map().unwrap_or_default();
    let map = || ArrayView3::from_shape(in_map, x);
    let out_map = node.shape.map().unwrap_or_default();
    let vector = ArrayView1::from(x);
    match &node.op {
        Op::Conv2d(conv) => {
            let geometry = convolution(conv, [in_map[1], in_map[2]]).map_err(|problem| Error::Layer {
                layer: node.name.clone(),
                op: "conv2d",
                problem,
            })?;
            let [kh, kw] = conv.kernel;
            let weight_shape = (conv.filters, in_map[0] / conv.groups, kh, kw);
            let weight = ArrayView4::from_shape(weight_shape, weight(weights, 0))?;
            let bias = weights.get(1).map(|&bias| ArrayView1::from(bias));
            kernels::conv2d(map()?, weight, bias, &geometry, columns, map_mut(out_map, y)?)?;
        }
        Op::Dense(dense) => {
            let weight = ArrayView2::from_shape((dense.units, x.len()), weight(weights, 0))?;
            let bias = weights.get(1).map(|&bias| ArrayView1::from(bias));
            kernels::dense(vector, weight, bias, ArrayViewMut1::from(y))?;
        }
        Op::BatchNorm(norm) => {
            let [weight, bias, mean, variance] = [0, 1, 2, 3].map(|i| ArrayView1::from(weight(weights, i)));
            let norm = kernels::BatchNorm { weight, bias, mean, variance, eps: norm.eps };
            kernels::batch_norm(map()?, &norm, map_mut(out_map, y)?)?;
        }
        Op::LocalResponseNorm(norm) => {
            let [alpha, beta, k] = [norm.alpha, norm.beta, norm.k].map(|v| v as f32);
            let norm = kernels::LocalResponseNorm { size: norm.size, alpha, beta, k };
            kernels::local_response_norm(map()?, &norm, map_mut(out_map, y)?)?;
        }
        Op::MaxPool2d(pool) => kernels::max_pool2d(map()?, &window(pool), map_mut(out_map, y)?)?,
        Op::AvgPool2d(pool) => {
            kernels::avg_pool2d(
                map()?,
                &window(&pool.window()),
                pool.count_include_pad,
                map_mut(out_map, y)?,
            )?;
        }
        Op::AdaptiveAvgPool2d(_) => kernels::adaptive_avg_pool2d(map()?, map_mut(out_map, y)?)?,
        Op::GlobalMaxPool2d {} => kernels::global_max_pool2d(map()?, ArrayViewMut1::from(y))?,
        Op::GlobalAvgPool2d {} => kernels::global_avg_pool2d(map()?, ArrayViewMut1::from(y))?,
        Op::Add {} => {
            kernels::add(vector, ArrayView1::from(inputs[1].1), ArrayViewMut1::from(&mut *y))?;
            for (_, other) in &inputs[2..] {
                kernels::accumulate(ArrayView1::from(*other), ArrayViewMut1::from(&mut *y))?;
            }
        }
        Op::Multiply {} => {
            let (factors_shape, factors) = inputs[1];
            let factors = ArrayView1::from(factors);
            if factors_shape == shape {
                kernels::multiply(vector, factors, ArrayViewMut1::from(y))?;
            } else {
                kernels::multiply_maps(map()?, factors, map_mut(out_map, y)?)?;
            }
        }
        Op::Concat {} => {
            let mut rest = y;
            for (_, x) in inputs {
                let (part, after) = rest.split_at_mut(x.len());
                part.copy_from_slice(x);
                rest = after;
            }
        }
        Op::Subsample(subsample) => kernels::subsample(map()?, subsample.step, map_mut(out_map, y)?)?,
        Op::PadChannels(padding) => kernels::pad_channels(map()?, padding.before, map_mut(out_map, y)?)?,
        Op::Relu {} => kernels::relu(vector, ArrayViewMut1::from(y))?,
        Op::Relu6 {} => kernels::relu6(vector, ArrayViewMut1::from(y))?,
        Op::LeakyRelu(relu) => kernels::leaky_relu(vector, relu.slope as f32, ArrayViewMut1::from(y))?,
        Op::Sigmoid {} => kernels::sigmoid(vector, ArrayViewMut1::from(y))?,
        Op::Silu {} => kernels::silu(vector, ArrayViewMut1::from(y))?,
        Op::HardSigmoid {} => kernels::hard_sigmoid(vector, ArrayViewMut1::from(y))?,
        Op::HardSwish {} => kernels::hard_swish(vector, ArrayViewMut1::from(y))?,
        Op::Softmax {} => kernels::softmax(vector, ArrayViewMut1::from(y))?,
        Op::Flatten {} | Op::Dropout(_) => {}
    }
    Ok(())
}

/// A layer's weight; an empty one, which no kernel accepts, where the graph's layout has none.
fn weight<'a>(weights: &[&'a [f32]], i: usize) -> &'a [f32] {
    weights.get(i).copied().unwrap_or_default()
}

fn map_mut(shape: [usize; 3], y: &mut [f32]) -> Result<ArrayViewMut3<'_, f32>, ndarray::ShapeError> {
    ArrayViewMut3::from_shape(shape, y)
}

pub(super) fn convolution(conv: &Conv2d, size: [usize; 2]) -> Result<kernels::Conv2d, String> {
    Ok(kernels::Conv2d {
        stride: conv.stride,
        padding_before: conv.padding_before(size)?,
        dilation: conv.dilation,
        groups: conv.groups,
    })
}

pub(super) fn window(pool: &Pool2d) -> kernels::Pool2d {
    kernels::Pool2d { kernel: pool.kernel, stride: pool.stride, padding: pool.padding }
}
