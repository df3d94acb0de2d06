//! Which layers are computed in one pass over the rows of their maps, so that these never leave the nearer caches.

use std::collections::HashMap;

use firesteel_kernels::blocked::{LANES, Pixel};

use super::fuse::{Unit, is_depthwise, storage};
use crate::network::{Graph, Op, Source};

/// The least bytes of a map that is not written as a whole: as many as the second cache of today's processors has.
/// Smaller ones stay there as they are, while weights are read again for each band.
const LEAST: usize = 1 << 20;

/// The most bytes of the bands of a step, and of the weights of a layer in it: parts of that cache, in which the rows of
/// input and result must lie, too.
pub(super) const BAND: usize = 384 << 10;

/// What a unit is, of those that know bands of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Conv,
    Depthwise,
    MaxPool,
}

/// Joins units, of which each reads the one before, to steps. The values of `outputs` remain.
pub(super) fn join(graph: &Graph, units: Vec<Unit>, outputs: &[Source]) -> Vec<Vec<Unit>> {
    let mut readers: HashMap<Source, usize> = HashMap::new();
    let read = units.iter().flat_map(|unit| unit.inputs.iter().chain(&unit.residual)).copied();
    for source in read.chain(outputs.iter().map(|&output| storage(graph, output))) {
        *readers.entry(source).or_default() += 1;
    }
    let mut steps: Vec<Vec<Unit>> = vec![];
    for unit in units {
        let goes_on = |step: &Vec<Unit>| {
            step.last().is_some_and(|last| {
                unit.inputs == [Source::Node(last.result)]
                    && readers.get(&Source::Node(last.result)) == Some(&1)
                    && pays(graph, step, last, &unit)
            })
        };
        // A step stands where its last unit stood, since that may add what other steps make.
        let mut step = match steps.iter().position(goes_on) {
            Some(at) => steps.remove(at),
            None => vec![],
        };
        step.push(unit);
        steps.push(step);
    }
    steps
}

/// Whether it pays to go on with `next` in the same pass: where one of both has so little to compute that its memory
/// takes the time, the map between them is large, and the weights, read again for each band, are not.
fn pays(graph: &Graph, step: &[Unit], last: &Unit, next: &Unit) -> bool {
    use Kind::{Conv, Depthwise, MaxPool};
    let kinds: Vec<Option<Kind>> = step.iter().map(|unit| kind(graph, unit)).collect();
    let fits = matches!(
        (&kinds[..], kind(graph, next)),
        ([Some(Conv)], Some(Depthwise | MaxPool))
            | ([Some(Depthwise)] | [Some(Conv), Some(Depthwise)], Some(Conv))
    );
    let bytes = |[channels, height, width]: [usize; 3]| {
        channels.div_ceil(LANES) * height * width * size_of::<Pixel>()
    };
    let is_large = graph.nodes()[last.node].shape.map().is_some_and(|map| bytes(map) >= LEAST);
    let is_light = [last, next].into_iter().all(|unit| weights(graph, unit) <= BAND);
    fits && is_large && is_light && last.residual.is_none()
}

/// Bytes of a unit's weights.
fn weights(graph: &Graph, unit: &Unit) -> usize {
    let node = &graph.nodes()[unit.node];
    let Op::Conv2d(conv) = &node.op else { return 0 };
    let per_filter =
        graph.shape(node.inputs[0]).dimensions()[0] / conv.groups * conv.kernel[0] * conv.kernel[1];
    conv.filters * per_filter * size_of::<f32>()
}

fn kind(graph: &Graph, unit: &Unit) -> Option<Kind> {
    let node = &graph.nodes()[unit.node];
    match &node.op {
        Op::MaxPool2d(_) => Some(Kind::MaxPool),
        Op::Conv2d(conv) => {
            let channels = graph.shape(node.inputs[0]).dimensions()[0];
            match unit.winograd {
                None if is_depthwise(conv, channels) => Some(Kind::Depthwise),
                None => Some(Kind::Conv),
                Some(_) => None,
            }
        }
        _ => None,
    }
}
