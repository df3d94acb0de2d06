//! A network as tch operations, over a batch.

use firesteel_core::Error as CoreError;
use firesteel_core::network::{Conv2d, Graph, GraphNode, LocalResponseNorm, Op, Source};
use tch::{Kind, Tensor};

use crate::Error;
use crate::masks::Masks;

/// What layers do that differ between training and prediction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode<'a> {
    /// Whether each layer, by its index, stays as it is. Batch normalisation then uses the running mean and
    /// variance; otherwise it uses the batch's, and moves the running ones in place.
    pub(crate) frozen: &'a [bool],
    /// Which values dropout keeps; all of them where there is nothing.
    pub(crate) masks: Option<&'a Masks>,
}

/// The scores before softmax, `[rows, classes]`, of inputs `[rows, ...input shape]`.
/// `parameters` are in the order of the graph's layout.
pub(crate) fn logits(
    graph: &Graph,
    parameters: &[Tensor],
    input: &Tensor,
    mode: Mode,
) -> Result<Tensor, Error> {
    let mut results: Vec<Tensor> = Vec::with_capacity(graph.nodes().len());
    for (i, node) in graph.nodes().iter().enumerate() {
        if graph.logits() == Source::Node(i.wrapping_sub(1)) {
            break;
        }
        let inputs: Vec<&Tensor> = node
            .inputs
            .iter()
            .map(|&source| match source {
                Source::Input => input,
                Source::Node(i) => &results[i],
            })
            .collect();
        let weights = &parameters[node.weights.clone()];
        results.push(layer(graph, i, node, weights, &inputs, mode)?);
    }
    match graph.logits() {
        Source::Input => Ok(input.shallow_clone()),
        Source::Node(i) => Ok(results.swap_remove(i)),
    }
}

fn layer(
    graph: &Graph,
    index: usize,
    node: &GraphNode,
    weights: &[Tensor],
    inputs: &[&Tensor],
    mode: Mode,
) -> Result<Tensor, Error> {
    let pair = |[a, b]: [usize; 2]| [a as i64, b as i64];
    let x = inputs[0];
    Ok(match &node.op {
        Op::Conv2d(conv) => {
            let [_, height, width] = graph.shape(node.inputs[0]).map().unwrap_or_default();
            let (padding, padded) = pad(conv, [height, width]).map_err(|problem| CoreError::Layer {
                layer: node.name.clone(),
                op: "conv2d",
                problem,
            })?;
            let x = match padded {
                Some(by) => &x.f_constant_pad_nd(by)?,
                None => x,
            };
            let (stride, dilation) = (pair(conv.stride), pair(conv.dilation));
            x.f_conv2d(&weights[0], weights.get(1), stride, padding, dilation, conv.groups as i64)?
        }
        Op::MaxPool2d(pool) => {
            let [kernel, stride, padding] = [pool.kernel, pool.stride, pool.padding].map(pair);
            x.f_max_pool2d(kernel, stride, padding, [1, 1], pool.ceil_mode)?
        }
        Op::AvgPool2d(pool) => {
            let [kernel, stride, padding] = [pool.kernel, pool.stride, pool.padding].map(pair);
            x.f_avg_pool2d(kernel, stride, padding, pool.ceil_mode, pool.count_include_pad, None)?
        }
        Op::AdaptiveAvgPool2d(pool) => x.f_adaptive_avg_pool2d(pair(pool.size))?,
        Op::GlobalMaxPool2d {} => x.f_amax([2, 3], true)?,
        Op::GlobalAvgPool2d {} => x.f_mean_dim([2_i64, 3].as_slice(), true, None::<Kind>)?,
        Op::Dense(_) => x.f_linear(&weights[0], weights.get(1))?,
        Op::BatchNorm(norm) => {
            let [weight, bias, mean, variance] = [0, 1, 2, 3].map(|i| weights.get(i));
            let train = !mode.frozen[index];
            if train && x.numel() == weights[0].numel() {
                let name = node.name.clone();
                return Err(Error::OneValue { name });
            }
            x.f_batch_norm(weight, bias, mean, variance, train, norm.momentum, norm.eps, false)?
        }
        Op::LocalResponseNorm(norm) => local_response_norm(x, norm)?,
        Op::Dropout(dropout) => match mode.masks {
            Some(masks) => {
                let mask = masks.draw(index, dropout.p, &x.size())?;
                x.f_mul(&mask.f_to_kind(x.kind())?.f_to(x.device())?)?
            }
            None => x.shallow_clone(),
        },
        Op::Add {} => inputs[1..].iter().try_fold(x.shallow_clone(), |sum, x| sum.f_add(x))?,
        Op::Multiply {} => x.f_mul(inputs[1])?,
        Op::Concat {} => Tensor::f_cat(inputs, 1)?,
        Op::Subsample(subsample) => {
            let [rows, columns] = pair(subsample.step);
            x.f_slice(2, None, None, rows)?.f_slice(3, None, None, columns)?
        }
        Op::PadChannels(padding) => {
            x.f_constant_pad_nd([0, 0, 0, 0, padding.before as i64, padding.after as i64])?
        }
        Op::Relu {} => x.f_relu()?,
        Op::Relu6 {} => x.f_relu6()?,
        // Not tch's `leaky_relu`, whose slope cannot be chosen.
        Op::LeakyRelu(relu) => x.f_where_self(&x.f_gt(0.0)?, &x.f_mul_scalar(relu.slope)?)?,
        Op::Sigmoid {} => x.f_sigmoid()?,
        Op::Silu {} => x.f_silu()?,
        Op::HardSigmoid {} => x.f_hardsigmoid()?,
        Op::HardSwish {} => x.f_hardswish()?,
        Op::Flatten {} => x.f_flatten(1, -1)?,
        Op::Softmax {} => x.f_softmax(-1, None::<Kind>)?,
    })
}

/// The padding that the convolution can do itself, the same on both sides, or else zeros to put around `x`
/// first: left, right, top, bottom.
fn pad(conv: &Conv2d, size: [usize; 2]) -> Result<([i64; 2], Option<[i64; 4]>), String> {
    let before = conv.padding_before(size)?;
    let after = conv.padding_after(size)?;
    if before == after {
        return Ok((before.map(|p| p as i64), None));
    }
    Ok(([0, 0], Some([before[1], after[1], before[0], after[0]].map(|p| p as i64))))
}

/// As torch.nn.functional.local_response_norm computes it: the squares' mean over neighbouring maps is a pool over
/// the first of three dimensions.
fn local_response_norm(x: &Tensor, norm: &LocalResponseNorm) -> Result<Tensor, Error> {
    let size = norm.size as i64;
    let squares = x.f_square()?.f_unsqueeze(1)?;
    let padded = squares.f_constant_pad_nd([0, 0, 0, 0, size / 2, (size - 1) / 2])?;
    let mean =
        padded.f_avg_pool3d([size, 1, 1], [1, 1, 1], [0, 0, 0], false, true, None)?.f_squeeze_dim(1)?;
    let divisor = mean.f_mul_scalar(norm.alpha)?.f_add_scalar(norm.k)?.f_pow_tensor_scalar(norm.beta)?;
    Ok(x.f_div(&divisor)?)
}
