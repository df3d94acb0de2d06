//! Where results lie in memory: with the borders that their readers need, parts of a concatenation behind each other
//! where they are made, and in the memory of what is not read any more.

use std::collections::HashMap;
use std::ops::Range;

use firesteel_kernels::blocked::{Border, LANES, Map, Pixel};

use super::fuse::{Unit, is_planes};
use crate::network::{Graph, Op, Shape, Source};
use crate::predictor::layer;
use crate::{ByteTable, Image};

/// What a network is given, in the order (channel, row, column).
#[derive(Debug)]
pub(in super::super) enum Input<'a> {
    /// The values.
    Floats(&'a [f32]),
    /// Bytes, and the numbers that they stand for.
    Bytes { image: Image<'a>, table: &'a ByteTable },
}

/// How long a value is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// By steps that are run image by image: each image uses the memory of the one before.
    Short,
    /// By steps that are run for several images at a time, too: each image has a memory of its own.
    Long,
}

/// Where a value lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) map: Map,
    /// Whether it lies in planes instead of blocks.
    pub(super) planes: bool,
    /// Which of the two memories of an image it lies in.
    pub(super) stay: Stay,
    /// Its pixels in that memory.
    pub(super) range: Range<usize>,
}

impl Place {
    /// Copies an input `[channels, height, width]` into the place, with zeros around. `values` is a buffer for bytes
    /// that cannot be written where they belong at once.
    pub(super) fn write(&self, input: Input, values: &mut Vec<f32>, pixels: &mut [Pixel]) {
        let Map { height, width, .. } = self.map;
        match input {
            Input::Floats(x) if self.planes => {
                self.map.pack_planes(pixels, |row, out| out.copy_from_slice(&x[row * width..][..width]));
            }
            Input::Bytes { image, table } if self.planes => {
                let mut buffer = vec![0; width];
                self.map.pack_planes(pixels, |line, out| {
                    let (plane, row) = (line / height, line % height);
                    table.write(plane, image.row(plane, row, height, &mut buffer), out);
                });
            }
            Input::Floats(x) => self.map.pack(x, pixels),
            Input::Bytes { image: Image::Raw(bytes), table } => {
                values.clear();
                table.append(bytes, values);
                self.map.pack(values, pixels);
            }
            Input::Bytes { image, table } => {
                let mut buffer = vec![0; width];
                values.resize(self.values(), 0.0);
                for (line, out) in values.chunks_exact_mut(width).enumerate() {
                    let (plane, row) = (line / height, line % height);
                    table.write(plane, image.row(plane, row, height, &mut buffer), out);
                }
                self.map.pack(values, pixels);
            }
        }
    }

    /// How many values lie there.
    pub(super) fn values(&self) -> usize {
        self.map.channels * self.map.height * self.map.width
    }

    /// Copies the values out of the place, in the order (channel, row, column).
    pub(super) fn read(&self, pixels: &[Pixel], values: &mut Vec<f32>) {
        let map = &self.map;
        values.resize(self.values(), 0.0);
        if self.planes { map.unpack_planes(pixels, values) } else { map.unpack(pixels, values) }
    }
}

/// The places of all values.
#[derive(Debug)]
pub(super) struct Places {
    places: HashMap<Key, Place>,
    /// Where values lie that a step keeps to itself.
    inner: HashMap<Key, Map>,
    /// From which step on several images are computed at a time.
    pub(super) late: usize,
    /// Pixels of the short-lived values, and of the others of one image.
    pub(super) short: usize,
    pub(super) long: usize,
}

/// How many images are computed at a time in those steps that can.
pub(super) const AT_ONCE: usize = 8;

/// The most pixels of a map whose image is computed together with others: of larger ones, several images do not fit into
/// the nearer caches, whatever the weights.
const FEW: usize = 14 * 14;

type Key = Option<usize>;

/// The input is none of the layers.
fn key(source: Source) -> Key {
    match source {
        Source::Input => None,
        Source::Node(i) => Some(i),
    }
}

/// A value that stands in a larger one from a block on; by itself it is the whole of it.
#[derive(Debug, Clone, Copy)]
struct Part {
    whole: Key,
    first: usize,
}

/// What is known of a value that stands for itself.
struct Whole {
    border: Border,
    pixels: usize,
    /// The first and the last unit that need it.
    life: [usize; 2],
}

impl Places {
    /// Finds a place for each value that a step of `steps` leaves to others, so that those of `outputs` remain.
    pub(super) fn of(graph: &Graph, steps: &[Vec<Unit>], outputs: &[Source]) -> Places {
        let made = steps.iter().flatten().map(|unit| (Some(unit.result), unit.map));
        let maps: HashMap<Key, Map> = made.chain([(None, map(graph.input()))]).collect();
        let small = small(steps, &maps);
        let places = |late| Places::with(graph, steps, outputs, maps.clone(), late);
        let nearest = places(nearest(graph, steps, &maps, small));
        // A task goes on with half of its memory where one image needs no more than half of what several do; here is what
        // maps need, which is most of it.
        if nearest.short <= (AT_ONCE - 2) * nearest.long { nearest } else { places(small) }
    }

    /// The same where several images are computed at a time from the step `late` on.
    fn with(
        graph: &Graph,
        steps: &[Vec<Unit>],
        outputs: &[Source],
        mut maps: HashMap<Key, Map>,
        late: usize,
    ) -> Places {
        let units = || steps.iter().flatten();
        let parts = parts(graph, units(), &maps);
        let mut inner = HashMap::new();
        for pair in steps.iter().flat_map(|step| step.windows(2)) {
            let (value, source) = (Some(pair[0].result), Source::Node(pair[0].result));
            if let Some(map) = maps.remove(&value) {
                inner.insert(value, map.with_border(border(graph, &pair[1], source)));
            }
        }
        let part = |value: Key| parts.get(&value).copied().unwrap_or(Part { whole: value, first: 0 });
        let mut wholes: HashMap<Key, Whole> = HashMap::new();
        let mut note = |value: Key, border: Border, at: usize| {
            let whole =
                wholes.entry(part(value).whole).or_insert(Whole { border, pixels: 0, life: [at, at] });
            whole.border = whole.border.max(border);
            whole.life = [whole.life[0].min(at), whole.life[1].max(at)];
        };
        note(None, Border::default(), 0);
        for (at, step) in steps.iter().enumerate() {
            for unit in step {
                note(Some(unit.result), Border::default(), at);
                for &source in unit.inputs.iter().chain(&unit.residual) {
                    let border = if unit.inputs.contains(&source) {
                        border(graph, unit, source)
                    } else {
                        Border::default()
                    };
                    note(key(source), border, at);
                }
            }
        }
        for &output in outputs {
            note(key(output), Border::default(), steps.len());
        }
        wholes.retain(|value, _| maps.contains_key(value));
        for (value, whole) in &mut wholes {
            let map = maps[value].with_border(whole.border);
            whole.pixels = if value.is_none() && is_planes(graph, Source::Input) {
                (map.channels * map.block()).div_ceil(LANES)
            } else {
                map.pixels()
            };
        }
        let (long, short): (HashMap<_, _>, HashMap<_, _>) =
            wholes.iter().partition(|(_, whole)| whole.life[1] >= late);
        let [(short_starts, short), (long_starts, long)] = [&short, &long].map(pack);
        let place = |(&value, map): (&Key, &Map)| {
            let Part { whole, first } = part(value);
            let (stay, start) = match short_starts.get(&whole) {
                Some(&start) => (Stay::Short, start),
                None => (Stay::Long, long_starts[&whole]),
            };
            let map = map.with_border(wholes[&whole].border);
            let planes = value.is_none() && is_planes(graph, Source::Input);
            let start = start + first * map.block();
            let length = if whole == value { wholes[&whole].pixels } else { map.pixels() };
            (value, Place { map, planes, stay, range: start..start + length })
        };
        Places { places: maps.iter().map(place).collect(), inner, late, short, long }
    }

    /// Where a value lies that steps leave to others.
    pub(super) fn get(&self, source: Source) -> Option<&Place> {
        self.places.get(&key(source))
    }

    /// How a value lies there, or within a step.
    pub(super) fn map(&self, source: Source) -> Option<&Map> {
        self.get(source).map(|place| &place.map).or_else(|| self.inner.get(&key(source)))
    }
}

/// A vector is a map of one pixel.
pub(super) fn map(shape: &Shape) -> Map {
    Map::new(shape.map().unwrap_or([shape.values(), 1, 1]))
}

/// From which step on all maps have few pixels.
fn small(steps: &[Vec<Unit>], maps: &HashMap<Key, Map>) -> usize {
    let few = |value: Key| maps[&value].height * maps[&value].width <= FEW;
    let large = |unit: &Unit| !few(Some(unit.result)) || unit.inputs.iter().any(|&input| !few(key(input)));
    steps.iter().rposition(|step| step.iter().any(large)).map_or(0, |last| last + 1)
}

/// Where, from a step on, the fewest values come from far away: of the steps before, the weights, for each image; of
/// those behind, the maps, since those of several images do not fit into the nearer caches.
fn nearest(graph: &Graph, steps: &[Vec<Unit>], maps: &HashMap<Key, Map>, from: usize) -> usize {
    let (mut found, mut least, mut beyond) = (from, 0, 0);
    for (i, step) in steps.iter().enumerate().skip(from) {
        for unit in step {
            let read = unit.inputs.iter().chain(&unit.residual).map(|&source| key(source));
            let pixels: usize = read.chain([Some(unit.result)]).map(|value| maps[&value].pixels()).sum();
            beyond += unit.packed(graph) as i64 - (pixels * LANES) as i64;
        }
        if beyond < least {
            (found, least) = (i + 1, beyond);
        }
    }
    found
}

/// The border of zeros that a unit needs around an input.
fn border(graph: &Graph, unit: &Unit, source: Source) -> Border {
    let Op::Conv2d(conv) = &graph.nodes()[unit.node].op else { return Border::default() };
    let (Some([_, height, width]), Some([_, oh, ow])) =
        (graph.shape(source).map(), graph.nodes()[unit.node].shape.map())
    else {
        return Border::default();
    };
    let Ok([top, left]) = conv.padding_before([height, width]) else { return Border::default() };
    if let (Some(size), Ok(geometry)) = (unit.winograd, layer::convolution(conv, [height, width])) {
        return size.border(&geometry, [height, width], [oh, ow]);
    }
    let after = |d: usize, out: usize, before: usize, size: usize| {
        let end = (out - 1) * conv.stride[d] + (conv.kernel[d] - 1) * conv.dilation[d] + 1;
        end.saturating_sub(before + size)
    };
    Border { top, left, bottom: after(0, oh, top, height), right: after(1, ow, left, width) }
}

/// The values that are made where a concatenation needs them: of the last one first, since earlier ones may be the
/// beginning of it.
fn parts<'a>(
    graph: &Graph,
    units: impl DoubleEndedIterator<Item = &'a Unit>,
    maps: &HashMap<Key, Map>,
) -> HashMap<Key, Part> {
    let mut parts: HashMap<Key, Part> = HashMap::new();
    let concats = units.filter(|unit| matches!(graph.nodes()[unit.node].op, Op::Concat {}));
    for unit in concats.rev() {
        let value = Some(unit.result);
        let inputs: Vec<Key> = unit.inputs.iter().map(|&source| key(source)).collect();
        let blocks = |input: &Key| maps[input].blocks();
        let fits = |input: &Key| maps[input].channels.is_multiple_of(LANES);
        if graph.shape(Source::Node(unit.result)).map().is_none() || !inputs.iter().rev().skip(1).all(fits) {
            continue;
        }
        // All of them may stand behind each other already.
        if let Some(Some(first)) = inputs.first().map(|input| parts.get(input).copied())
            && !parts.contains_key(&value)
        {
            let mut at = first.first;
            let follows = |input: &Key| {
                let stands =
                    parts.get(input).is_some_and(|part| part.whole == first.whole && part.first == at);
                at += blocks(input);
                stands
            };
            if inputs.iter().all(follows) {
                parts.insert(value, first);
                continue;
            }
        }
        let Part { whole, first } = parts.get(&value).copied().unwrap_or(Part { whole: value, first: 0 });
        let mut at = first;
        for (i, input) in inputs.iter().enumerate() {
            let taken = input.is_none() || parts.contains_key(input) || inputs[..i].contains(input);
            // A whole that has parts of its own would have to take these along.
            let has_parts = parts.values().any(|part| part.whole == *input);
            if !taken && !has_parts {
                parts.insert(*input, Part { whole, first: at });
            }
            at += blocks(input);
        }
    }
    parts
}

/// Gives each value a beginning, so that those that live at the same time do not overlap, the largest first.
fn pack(wholes: &HashMap<&Key, &Whole>) -> (HashMap<Key, usize>, usize) {
    let mut order: Vec<(&Key, &Whole)> = wholes.iter().map(|(value, whole)| (*value, *whole)).collect();
    order.sort_by_key(|(value, whole)| (std::cmp::Reverse(whole.pixels), **value));
    let mut placed: Vec<(Range<usize>, [usize; 2])> = vec![];
    let mut starts = HashMap::new();
    for (value, whole) in order {
        let meets = |life: &[usize; 2]| life[0] <= whole.life[1] && whole.life[0] <= life[1];
        let mut taken: Vec<&Range<usize>> =
            placed.iter().filter(|(_, life)| meets(life)).map(|(range, _)| range).collect();
        taken.sort_by_key(|range| range.start);
        let mut start = 0;
        for range in taken {
            if range.start >= start + whole.pixels {
                break;
            }
            start = start.max(range.end);
        }
        placed.push((start..start + whole.pixels, whole.life));
        starts.insert(*value, start);
    }
    let pixels = placed.iter().map(|(range, _)| range.end).max().unwrap_or(0);
    (starts, pixels)
}
