//! The computation of one layer by the readable kernels, and the geometry of windows for the fast ones.

use firesteel_kernels as kernels;
use ndarray::{ArrayView1, ArrayView3, ArrayViewMut1, ArrayViewMut3};

use crate::Error;
use crate::network::{Conv2d, GraphNode, Op, Pool2d, Shape};

/// Writes the result of a layer to `y`. An error where there is a fast kernel for all layers of its kind.
pub(super) fn compute(node: &GraphNode, inputs: &[(&Shape, &[f32])], y: &mut [f32]) -> Result<(), Error> {
    let (shape, x) = inputs[0];
    let in_map = shape.map().unwrap_or_default();
    let map = || ArrayView3::from_shape(in_map, x);
    let out_map = node.shape.map().unwrap_or_default();
    let vector = ArrayView1::from(x);
    match &node.op {
        Op::LocalResponseNorm(norm) => {
            let [alpha, beta, k] = [norm.alpha, norm.beta, norm.k].map(|v| v as f32);
            let norm = kernels::LocalResponseNorm { size: norm.size, alpha, beta, k };
            kernels::local_response_norm(map()?, &norm, map_mut(out_map, y)?)?;
        }
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
        Op::Softmax {} => kernels::softmax(vector, ArrayViewMut1::from(y))?,
        op => {
            let problem = "has no readable kernel here".to_owned();
            return Err(Error::Layer { layer: node.name.clone(), op: op.name(), problem });
        }
    }
    Ok(())
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
