//! Convolutions and dense layers over blocks of 16 channels, with what follows them: an addition and an activation.

#![allow(unsafe_code)] // Calls of the innermost loop, which takes pointers.

use std::sync::Arc;

use ndarray::ArrayView4;

use super::activation::{Activation, activate_in_place};
use super::buffers::Buffers;
use super::cut::Cut;
use super::isa::Isa;
use super::map::{LANES, Map, Pixel};
use super::source::{Source, Tap};
use super::tile::{Kernel, Stretch, Tile, capacity, kernel};
use crate::Error;
use crate::conv2d::Conv2d;

/// Bytes of weights that are used again and again from the nearest cache, which also holds pixels.
const PANEL: usize = 20 << 10;

/// What a convolution does besides.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    /// Where the values lie that are added to the result, if any.
    pub residual: Option<Map>,
    /// What is done to each value then.
    pub activation: Activation,
}

impl Ending {
    /// Nothing.
    pub const NONE: Ending = Ending { residual: None, activation: Activation::NONE };

    /// Whether what is added, if anything, is as large as the result.
    pub(super) fn fits(&self, y: &Map) -> bool {
        let size = |map: &Map| [map.channels, map.height, map.width];
        self.residual.is_none_or(|residual| size(&residual) == size(y))
    }
}

/// A convolution for an instruction set, an input and an output: its weights in the order in which they are read. Of
/// several groups, blocks multiply the channels that they do not see by 0: an infinity or a NaN of these becomes a NaN.
#[derive(Debug)]
pub struct BlockedConv {
    isa: Isa,
    weights: Arc<Vec<Pixel>>,
    bias: Arc<Vec<Pixel>>,
    units: Vec<Unit>,
    source: Source,
    /// The distances of the windows of two neighbouring outputs, in floats: below and right of each other.
    steps: [usize; 2],
    /// From the beginning of the source's first row to the first window.
    start: usize,
    y: Map,
    ending: Ending,
}

/// Some blocks of output channels.
#[derive(Debug, Clone)]
struct Unit {
    first: usize,
    blocks: usize,
    panels: Vec<Panel>,
    tiles: Tiles,
}

/// A part of the window.
#[derive(Debug, Clone)]
struct Panel {
    window: Vec<Stretch>,
    /// Where its weights begin, and how many values of the window it has.
    weights: usize,
    values: usize,
}

/// The kernels for tiles of 1, 2, 3, ... pixels of a row.
#[derive(Debug, Clone, Default)]
struct Tiles {
    /// Of two rows at a time; none where rows are long enough by themselves.
    pairs: Vec<Kernel>,
    rows: Vec<Kernel>,
}

impl BlockedConv {
    /// Prepares a convolution. `weight` is `[filters, channels / groups, kh, kw]`, `bias` `[filters]`. `None` where
    /// this way cannot compute it: strides along a row other than 1, 2 (and 4 for planes). An error where shapes do
    /// not fit, or a window leaves the source's border.
    pub fn new(
        isa: Isa,
        weight: ArrayView4<f32>,
        bias: &[f32],
        geometry: &Conv2d,
        source: Source,
        y: Map,
        ending: Ending,
    ) -> Result<Option<BlockedConv>, Error> {
        let (filters, per_group, kh, kw) = weight.dim();
        let wrong = |what, found: Vec<usize>, expected: Vec<usize>| {
            Err(Error { kernel: "blocked convolution", what, found, expected })
        };
        if per_group * geometry.groups != source.channels() || filters % geometry.groups.max(1) != 0 {
            return wrong("input", vec![source.channels()], vec![per_group * geometry.groups]);
        }
        if filters != y.channels || bias.len() != filters {
            return wrong("output", vec![y.channels, bias.len()], vec![filters, filters]);
        }
        if !ending.fits(&y) {
            return wrong("residual", vec![], vec![y.channels, y.height, y.width]);
        }
        let Some(start) = source.window_start(geometry, [kh, kw], [y.height, y.width]) else {
            return wrong("border", vec![], geometry.padding_before.to_vec());
        };
        // Maps whose rows follow each other are one long row.
        let mut conv = BlockedConv {
            isa,
            weights: Arc::default(),
            bias: Arc::default(),
            units: vec![],
            steps: [geometry.stride[0] * source.row(), geometry.stride[1] * source.pixel()],
            source,
            start,
            y,
            ending,
        };
        if [kh, kw] == [1, 1] && geometry.stride == [1, 1] && conv.is_one_row() {
            conv.y = Map { width: y.height * y.width, height: 1, ..y };
        }
        let mut first = 0;
        while first < y.blocks() {
            let Some((blocks, tiles)) = conv.widest(y.blocks() - first, geometry.groups) else {
                return Ok(None);
            };
            conv.append(first, blocks, tiles, weight, bias, geometry);
            first += blocks;
        }
        Ok(Some(conv))
    }

    /// The same, where it computes single pixels of one row, for a row of another width. Both have the same weights.
    pub(super) fn of_width(&self, width: usize) -> BlockedConv {
        let (source, y) = (self.source.of_width(width), Map { width, ..self.y });
        let resized = |unit: &Unit| {
            let mut unit = unit.clone();
            for stretch in unit.panels.iter_mut().flat_map(|panel| &mut panel.window) {
                // From block to block of channels.
                stretch.offset = stretch.offset / self.source.block() as u32 * source.block() as u32;
            }
            unit
        };
        BlockedConv {
            isa: self.isa,
            weights: Arc::clone(&self.weights),
            bias: Arc::clone(&self.bias),
            units: self.units.iter().map(resized).collect(),
            source,
            start: self.start,
            steps: [source.row(), self.steps[1]],
            y,
            ending: self.ending,
        }
    }

    /// Whether all pixels follow each other, in all that is read and written.
    fn is_one_row(&self) -> bool {
        let residual = self.ending.residual.is_none_or(|map| map.is_dense());
        let sizes_agree = self.source.size() == [self.y.height, self.y.width];
        sizes_agree && self.source.is_dense() && self.y.is_dense() && residual
    }

    /// The most blocks of output channels at a time, not more than are left, and the tiles for these.
    fn widest(&self, left: usize, groups: usize) -> Option<(usize, Tiles)> {
        let (most, pixels) = capacity(self.isa);
        let one_pixel = self.y.height * self.y.width == 1;
        let wider: &[usize] = if one_pixel { &[8, 4] } else { &[] };
        let mut blocks: Vec<usize> = wider.iter().copied().chain((1..=most).rev()).collect();
        if groups > 1 {
            blocks = vec![1]; // So that few of the channels that it does not see are multiplied by 0.
        }
        blocks.into_iter().filter(|&blocks| blocks <= left).find_map(|blocks| {
            let row = |rows: usize, most: usize| {
                let kernel = |pixels| kernel(self.isa, blocks, rows, pixels, self.steps[1]);
                (1..=most.min(self.y.width)).map(kernel).collect::<Option<Vec<_>>>()
            };
            let rows = row(1, pixels)?;
            let short = 2 * self.y.width <= pixels && self.y.height > 1;
            let pairs = if short { row(2, pixels / 2).unwrap_or_default() } else { vec![] };
            Some((blocks, Tiles { pairs, rows }))
        })
    }

    /// Appends a unit with its weights.
    fn append(
        &mut self,
        first: usize,
        blocks: usize,
        tiles: Tiles,
        weight: ArrayView4<f32>,
        bias: &[f32],
        geometry: &Conv2d,
    ) {
        let (filters, per_group, kh, kw) = weight.dim();
        let filters_per_group = filters / geometry.groups;
        let own = first * LANES..((first + blocks) * LANES).min(filters);
        let seen =
            own.start / filters_per_group * per_group..((own.end - 1) / filters_per_group + 1) * per_group;
        let taps = self.source.taps(seen, [kh, kw], geometry.dilation);
        let mut panels = vec![];
        let most = taps.first().map_or(1, |tap| PANEL / (tap.channels * blocks * size_of::<Pixel>())).max(1);
        // Whole windows where they fit, else parts of equal size.
        let all = kh * kw;
        let most = if most >= all { most / all * all } else { all.div_ceil(all.div_ceil(most)) };
        for part in taps.chunks(most) {
            let stretch = |tap: &Tap| Stretch { offset: tap.offset as u32, length: tap.channels as u32 };
            panels.push(Panel {
                window: part.iter().map(stretch).collect(),
                weights: self.weights.len(),
                values: part.iter().map(|tap| tap.channels).sum(),
            });
            for (tap, channel) in
                part.iter().flat_map(|tap| (tap.channel..tap.channel + tap.channels).map(move |c| (tap, c)))
            {
                let value = |filter: usize| {
                    let group = filter / filters_per_group;
                    let seen = channel.checked_sub(group * per_group).filter(|&c| c < per_group);
                    seen.map_or(0.0, |c| weight[[filter, c, tap.at[0], tap.at[1]]])
                };
                Arc::make_mut(&mut self.weights)
                    .extend((first..first + blocks).map(|block| lanes(block, filters, value)));
            }
        }
        Arc::make_mut(&mut self.bias)
            .extend((first..first + blocks).map(|block| lanes(block, filters, |filter| bias[filter])));
        self.units.push(Unit { first, blocks, panels, tiles });
    }

    /// Bytes of the weights.
    pub fn bytes(&self) -> usize {
        (self.weights.len() + self.bias.len()) * size_of::<Pixel>()
    }

    /// Computes the convolution of some images: weights that have been read serve all of them. The borders of the
    /// results are left as they are.
    pub fn run(&self, images: &mut [Buffers]) -> Result<(), Error> {
        let pixels = [self.source.pixels(), self.y.pixels()];
        for image in &*images {
            image.check("blocked convolution", pixels, self.ending.residual)?;
        }
        self.compute(images, self.y.width);
        Ok(())
    }

    /// The same of the first `width` pixels of each row.
    pub(super) fn run_part(&self, width: usize, mut image: Buffers) -> Result<(), Error> {
        image.check("blocked convolution", [self.source.pixels(), self.y.pixels()], self.ending.residual)?;
        self.compute(std::slice::from_mut(&mut image), width.min(self.y.width));
        Ok(())
    }

    /// The buffers have been checked.
    fn compute(&self, images: &mut [Buffers], width: usize) {
        for unit in &self.units {
            for (i, panel) in unit.panels.iter().enumerate() {
                for image in &mut *images {
                    self.panel(unit, panel, [i == 0, i + 1 == unit.panels.len()], image, width);
                }
            }
        }
    }

    /// Adds a panel's products to all pixels of a unit. The buffers have been checked.
    fn panel(&self, unit: &Unit, panel: &Panel, [first, last]: [bool; 2], image: &mut Buffers, width: usize) {
        let residual = image.residual.filter(|_| last);
        let residual_map = self.ending.residual.unwrap_or(self.y);
        let mut tile = Tile {
            x: std::ptr::null(),
            x_row: self.steps[0],
            window: &panel.window,
            weights: self.weights[panel.weights..].as_ptr().cast(),
            soon: std::ptr::null(),
            soon_step: 0,
            bias: if first { self.bias[unit.first..].as_ptr().cast() } else { std::ptr::null() },
            residual: std::ptr::null(),
            residual_row: residual_map.row() * LANES,
            residual_block: residual_map.block() * LANES,
            bounds: if last { self.ending.activation } else { Activation::NONE }.bounds(),
            y: std::ptr::null_mut(),
            y_row: self.y.row() * LANES,
            y_block: self.y.block() * LANES,
        };
        // The weights behind these are read next: each tile asks for a part of them.
        let values = panel.values * unit.blocks;
        let mut soon = panel.weights + values..(panel.weights + 2 * values).min(self.weights.len());
        let more = self.ending.activation.beyond_bounds().filter(|_| last);
        let cuts = [&unit.tiles.rows, &unit.tiles.pairs].map(|kernels| Cut::of(width, kernels.len()));
        let mut row = 0;
        while row < self.y.height {
            let pair = !unit.tiles.pairs.is_empty() && row + 1 < self.y.height;
            let tiles = if pair { &unit.tiles.pairs } else { &unit.tiles.rows };
            let (from, to) = (self.start + row * self.steps[0], self.y.start(unit.first, row));
            let added = residual_map.start(unit.first, row);
            for (column, pixels) in cuts[usize::from(pair)].parts() {
                (tile.soon, tile.soon_step) = match self.weights.get(soon.clone()) {
                    Some(next) if !next.is_empty() => (next.as_ptr().cast(), LANES),
                    _ => (tile.weights, 0),
                };
                soon.start += panel.values;
                // SAFETY: when this was prepared, all windows were within the source and the kernels those of this
                // processor; the buffers' sizes are those for which it was prepared.
                unsafe {
                    tile.x = image.x.as_ptr().cast::<f32>().add(from + column * self.steps[1]);
                    tile.y = image.y.as_mut_ptr().add(to + column).cast();
                    if let Some(residual) = residual {
                        tile.residual = residual.as_ptr().add(added + column).cast();
                    }
                    tiles[pixels - 1](&tile);
                }
                if let Some(activation) = more {
                    for line in row..=row + usize::from(pair) {
                        for block in unit.first..unit.first + unit.blocks {
                            let y = &mut image.y[self.y.start(block, line) + column..][..pixels];
                            activate_in_place(self.isa, activation, y);
                        }
                    }
                }
            }
            row += if pair { 2 } else { 1 };
        }
    }
}

/// The lanes of a block of filters; 0 beyond the last one.
fn lanes(block: usize, filters: usize, value: impl Fn(usize) -> f32) -> Pixel {
    Pixel(std::array::from_fn(|lane| {
        let filter = block * LANES + lane;
        if filter < filters { value(filter) } else { 0.0 }
    }))
}
