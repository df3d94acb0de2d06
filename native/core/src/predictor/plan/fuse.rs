//! Which layers are computed together.

use firesteel_kernels::blocked::{Activation, LANES, Map, WinogradSize};

use super::places::map;
use crate::network::{Conv2d, Graph, GraphNode, Op, Source};
use crate::predictor::layer;

/// One layer, or several that one kernel computes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unit {
    /// The layer that does the work.
    pub(super) node: usize,
    /// Where its inputs come from; never a layer that keeps its input's values.
    pub(super) inputs: Vec<Source>,
    /// The tiles by which a convolution is computed; none for direct convolution and for all other layers.
    pub(super) winograd: Option<WinogradSize>,
    /// The batch normalisation behind a convolution, which becomes part of the weights.
    pub(super) norm: Option<usize>,
    /// What is added to the result.
    pub(super) residual: Option<Source>,
    /// The activation behind.
    pub(super) activation: Activation,
    /// The last of its layers, whose result it gives.
    pub(super) result: usize,
    /// How that lies. What is computed value by value of a map that was flattened keeps that map's order.
    pub(super) map: Map,
}

impl Unit {
    /// The most values of its weights in the order in which kernels read them: filters in blocks of 16, each with all
    /// blocks of channels that one of its block sees.
    pub(super) fn packed(&self, graph: &Graph) -> usize {
        let node = &graph.nodes()[self.node];
        let input = graph.shape(node.inputs[0]);
        let channels = input.dimensions()[0];
        let (filters, seen, taps) = match &node.op {
            Op::Conv2d(conv) if is_depthwise(conv, channels) => {
                (channels, 1, conv.kernel[0] * conv.kernel[1])
            }
            Op::Conv2d(conv) => {
                let groups = (LANES.div_ceil(conv.filters / conv.groups) + 1).min(conv.groups);
                let taps = self.winograd.map_or(conv.kernel[0] * conv.kernel[1], WinogradSize::positions);
                let seen = match conv.groups {
                    1 => channels,
                    _ => (channels / conv.groups * groups).next_multiple_of(LANES) + LANES,
                };
                (conv.filters, seen.min(channels.next_multiple_of(LANES)), taps)
            }
            Op::Dense(dense) => (dense.units, input.values(), 1),
            _ => return 0,
        };
        filters.next_multiple_of(LANES).saturating_mul(seen).saturating_mul(taps)
    }
}

/// Whether the filters of a convolution of so many channels see one channel each: there is a kernel for these.
pub(super) fn is_depthwise(conv: &Conv2d, channels: usize) -> bool {
    conv.groups == channels && conv.filters == channels && channels > 1
}

/// Whether a value is an image of few channels that convolutions alone read: these know planes.
pub(super) fn is_planes(graph: &Graph, source: Source) -> bool {
    let reads = |node: &&GraphNode| {
        !node.op.keeps_values() && node.inputs.iter().any(|&input| storage(graph, input) == Source::Input)
    };
    let knows = |node: &GraphNode| match &node.op {
        Op::Conv2d(conv) => conv.groups == 1,
        _ => false,
    };
    storage(graph, source) == Source::Input
        && graph.input().map().is_some_and(|[channels, ..]| channels <= 4)
        && graph.nodes().iter().filter(reads).all(knows)
}

/// The activation that a layer is, if it is one.
pub(super) fn activation(op: &Op) -> Option<Activation> {
    Some(match op {
        Op::Relu {} => Activation::Clamp([0.0, f32::INFINITY]),
        Op::Relu6 {} => Activation::Clamp([0.0, 6.0]),
        Op::LeakyRelu(relu) => Activation::LeakyRelu(relu.slope as f32),
        Op::Sigmoid {} => Activation::Sigmoid,
        Op::Silu {} => Activation::Silu,
        Op::HardSigmoid {} => Activation::HardSigmoid,
        Op::HardSwish {} => Activation::HardSwish,
        _ => return None,
    })
}

/// Groups the layers `needed`, in an order in which each unit follows its inputs. The values of `outputs` remain.
pub(super) fn units(graph: &Graph, needed: &[usize], outputs: &[Source], exact: bool) -> Vec<Unit> {
    let readers = Readers::of(graph, needed, outputs);
    let mut made = vec![None; graph.nodes().len()];
    let mut absorbed = vec![false; made.len()];
    let mut units = vec![];
    for &node in needed {
        if absorbed[node] || graph.nodes()[node].op.keeps_values() {
            continue;
        }
        let mut unit = grow(graph, &readers, &made, node);
        unit.winograd = unit.winograd.filter(|_| !exact);
        let mut inner = unit.node;
        while inner != unit.result {
            let Some(next) = readers.only(inner) else { break };
            absorbed[next] = true;
            inner = next;
        }
        made[unit.result] = Some(unit.map);
        units.push(unit);
    }
    units
}

/// The tiles by which a layer is likely to be computed fastest, if it is a convolution for which there are any.
fn winograd(graph: &Graph, node: usize) -> Option<WinogradSize> {
    let GraphNode { op: Op::Conv2d(conv), inputs, shape, .. } = &graph.nodes()[node] else { return None };
    let ([channels, height, width], [_, oh, ow]) = (graph.shape(inputs[0]).map()?, shape.map()?);
    let geometry = layer::convolution(conv, [height, width]).ok()?;
    let [kh, kw] = conv.kernel;
    WinogradSize::best([conv.filters, channels / conv.groups, kh, kw], &geometry, [oh, ow])
}

/// Whose values those of `source` are.
pub(super) fn storage(graph: &Graph, mut source: Source) -> Source {
    while let Source::Node(i) = source
        && graph.nodes()[i].op.keeps_values()
    {
        source = graph.nodes()[i].inputs[0];
    }
    source
}

/// A layer with all that its kernel can do besides. `made` is how the results of the units before lie.
fn grow(graph: &Graph, readers: &Readers, made: &[Option<Map>], node: usize) -> Unit {
    let nodes = graph.nodes();
    let inputs: Vec<Source> = nodes[node].inputs.iter().map(|&source| storage(graph, source)).collect();
    let lies = |&source: &Source| match source {
        Source::Input => Some(map(graph.input())),
        Source::Node(i) => made[i],
    };
    let GraphNode { op, shape, .. } = &nodes[node];
    let first = inputs.first().and_then(lies);
    let same = inputs.iter().all(|input| lies(input) == first);
    let keeps = same && shape.vector().is_some() && op.is_by_value();
    let mut unit = Unit {
        node,
        inputs,
        winograd: winograd(graph, node),
        norm: None,
        residual: None,
        activation: Activation::NONE,
        result: node,
        map: first.filter(|_| keeps).unwrap_or_else(|| map(shape)),
    };
    let channels = graph.shape(nodes[node].inputs[0]).dimensions()[0];
    let [can_norm, can_add, can_bound, can_activate] = match op {
        Op::Conv2d(conv) => [true, !is_depthwise(conv, channels), true, true],
        Op::Dense(_) => [false, true, true, true],
        Op::BatchNorm(_) => [false, false, true, false],
        Op::Add {} => [false, false, same, false],
        _ => [false; 4],
    };
    while let Some(next) = readers.only(unit.result) {
        match &nodes[next].op {
            Op::BatchNorm(_) if can_norm && unit.result == node => unit.norm = Some(next),
            Op::Add {} if can_add && unit.residual.is_none() && nodes[next].inputs.len() == 2 => {
                let sources = nodes[next].inputs.iter().map(|&source| storage(graph, source));
                let mut others = sources.filter(|&source| source != Source::Node(unit.result));
                // It must be there, and lie in the order of the result.
                let other = others.next().filter(|other| lies(other) == Some(unit.map));
                if other.is_none() {
                    break;
                }
                unit.residual = other;
            }
            op => match activation(op) {
                Some(found @ Activation::Clamp(_)) if can_bound => unit.activation = found,
                Some(found) if can_activate => unit.activation = found,
                _ => break,
            },
        }
        unit.result = next;
        if unit.activation != Activation::NONE {
            break;
        }
    }
    unit
}

/// Who reads the results of layers.
struct Readers {
    of: Vec<Vec<usize>>,
    is_output: Vec<bool>,
}

impl Readers {
    fn of(graph: &Graph, needed: &[usize], outputs: &[Source]) -> Readers {
        let nodes = graph.nodes();
        let mut readers = Readers { of: vec![vec![]; nodes.len()], is_output: vec![false; nodes.len()] };
        for &node in needed.iter().filter(|&&node| !nodes[node].op.keeps_values()) {
            for &source in &nodes[node].inputs {
                if let Source::Node(i) = storage(graph, source) {
                    readers.of[i].push(node);
                }
            }
        }
        for &output in outputs {
            if let Source::Node(i) = storage(graph, output) {
                readers.is_output[i] = true;
            }
        }
        readers
    }

    /// The only layer that reads a layer's result, where nothing else needs it.
    fn only(&self, node: usize) -> Option<usize> {
        match self.of[node][..] {
            [reader] if !self.is_output[node] => Some(reader),
            _ => None,
        }
    }
}
