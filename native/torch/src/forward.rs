//! A network as tch operations, over a batch.

use firesteel_core::Error as CoreError;
use firesteel_core::network::{Conv2d, Graph, GraphNode, Op, Source};
use tch::{Kind, Tensor};

use crate::Error;

/// The scores before softmax, `[rows, classes]`, of inputs `[rows, ...input shape]`.
/// `parameters` are in the order of the graph's layout.
pub(crate) fn logits(graph: &Graph, parameters: &[Tensor], input: &Tensor) -> Result<Tensor, Error> {
    let mut results: Vec<Tensor> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        if graph.logits() == Source::Node(results.len().wrapping_sub(1)) {
            break;
        }
        let source = node.inputs[0];
        let x = match source {
            Source::Input => input,
            Source::Node(i) => &results[i],
        };
        let weights = &parameters[node.weights.clone()];
        results.push(layer(graph, node, source, weights, x)?);
    }
    match graph.logits() {
        Source::Input => Ok(input.shallow_clone()),
        Source::Node(i) => Ok(results.swap_remove(i)),
    }
}

fn layer(
    graph: &Graph,
    node: &GraphNode,
    source: Source,
    weights: &[Tensor],
    x: &Tensor,
) -> Result<Tensor, Error> {
    let pair = |[a, b]: [usize; 2]| [a as i64, b as i64];
    Ok(match &node.op {
        Op::Conv2d(conv) => {
            let [_, height, width] = graph.shape(source).map().unwrap_or_default();
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
            x.f_max_pool2d(pair(pool.kernel), pair(pool.stride), pair(pool.padding), [1, 1], false)?
        }
        Op::AvgPool2d(pool) => {
            x.f_avg_pool2d(pair(pool.kernel), pair(pool.stride), pair(pool.padding), false, true, None)?
        }
        Op::GlobalMaxPool2d {} => x.f_amax([2, 3], true)?,
        Op::GlobalAvgPool2d {} => x.f_mean_dim([2_i64, 3].as_slice(), true, None::<Kind>)?,
        Op::Dense(_) => x.f_linear(&weights[0], weights.get(1))?,
        Op::Relu {} => x.f_relu()?,
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
