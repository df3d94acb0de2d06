//! Convolutions and dense layers over blocks of 16 channels, with what follows them: an addition and an activation.

#![allow(unsafe_code)] // Calls of the innermost loop, which takes pointers.

use std::ops::Range;
use std::sync::Arc;

use ndarray::ArrayView4;

use super::activation::{Activation, activate_in_place};
use super::buffers::Buffers;
use super::cut::Cut;
use super::isa::Isa;
use super::map::{LANES, Map, Pixel, Rows};
use super::source::{Reach, Source, Tap};
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
        self.residual.is_none_or(|residual| size(&residual) == size(y) && residual.is_countable())
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
    reach: Reach,
    y: Map,
    /// Whether the rows of input and result follow each other, so that they can be taken as one long row.
    one_row: bool,
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
    /// Prepares a convolution. `weight` is `[filters, channels / groups, kh, kw]`, `bias` `[filters]`. An error where
    /// shapes do not fit, a window leaves the source's border, or the source has 2^32 values or more.
    pub fn new(
        isa: Isa,
        weight: ArrayView4<f32>,
        bias: &[f32],
        geometry: &Conv2d,
        source: Source,
        y: Map,
        ending: Ending,
    ) -> Result<BlockedConv, Error> {
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
        if !source.fits_offsets() || !y.is_countable() {
            return wrong("size", vec![source.channels(), source.size()[0], source.size()[1]], vec![]);
        }
        let Some(start) = source.window_start(geometry, [kh, kw], [y.height, y.width]) else {
            return wrong("border", vec![], geometry.padding_before.to_vec());
        };
        let mut conv = BlockedConv {
            isa,
            weights: Arc::default(),
            bias: Arc::default(),
            units: vec![],
            steps: [geometry.stride[0] * source.row(), geometry.stride[1] * source.pixel()],
            source,
            start,
            reach: source.reach(geometry, kh),
            y,
            one_row: false,
            ending,
        };
        conv.one_row = [kh, kw] == [1, 1] && geometry.stride == [1, 1] && conv.is_dense();
        let mut first = 0;
        while first < y.blocks() {
            let Some((blocks, tiles)) = conv.widest(y.blocks() - first, geometry.groups) else {
                return wrong("kernels", vec![y.blocks()], vec![first]);
            };
            conv.append(first, blocks, tiles, weight, bias, geometry);
            first += blocks;
        }
        Ok(conv)
    }

    /// The same, where it computes single pixels of one row, for a row of another width. Both have the same weights.
    pub(super) fn of_width(&self, width: usize) -> BlockedConv {
        self.with(self.source.of_width(width), Map { width, ..self.y })
    }

    /// The same, where memory holds so many rows of the input and of the result at a time. Both have the same weights.
    pub(super) fn in_bands(&self, x: Option<usize>, y: Option<usize>) -> BlockedConv {
        let dense = x.is_none() && y.is_none();
        let conv = self.with(self.source.in_band(x), Map { band: y, ..self.y });
        BlockedConv { one_row: self.one_row && dense, ..conv }
    }

    fn with(&self, source: Source, y: Map) -> BlockedConv {
        let resized = |unit: &Unit| {
            let mut unit = unit.clone();
            for stretch in unit.panels.iter_mut().flat_map(|panel| &mut panel.window) {
                // From block to block of channels, and within one as before.
                let [old, new] = [self.source, source].map(|source| source.block() as u32);
                stretch.offset = stretch.offset / old * new + stretch.offset % old;
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
            reach: self.reach,
            steps: [self.steps[0] / self.source.row() * source.row(), self.steps[1]],
            y,
            one_row: self.one_row,
            ending: self.ending,
        }
    }

    /// Whether all pixels follow each other, in all that is read and written.
    fn is_dense(&self) -> bool {
        let residual = self.ending.residual.is_none_or(|map| map.is_dense());
        let sizes_agree = self.source.size() == [self.y.height, self.y.width];
        sizes_agree && self.source.is_dense() && self.y.is_dense() && residual
    }

    /// The rows of the result, as they are computed where all are, and their pixels.
    fn lines(&self) -> [usize; 2] {
        let [height, width] = [self.y.height, self.y.width];
        if self.one_row { [1, height * width] } else { [height, width] }
    }

    /// The most blocks of output channels at a time, not more than are left, and the tiles for these.
    fn widest(&self, left: usize, groups: usize) -> Option<(usize, Tiles)> {
        let (most, pixels) = capacity(self.isa);
        let [height, width] = self.lines();
        let one_pixel = height * width == 1;
        let wider: &[usize] = if one_pixel { &[8, 4] } else { &[] };
        let mut blocks: Vec<usize> = wider.iter().copied().chain((1..=most).rev()).collect();
        if groups > 1 {
            blocks = vec![1]; // So that few of the channels that it does not see are multiplied by 0.
        }
        blocks.into_iter().filter(|&blocks| blocks <= left).find_map(|blocks| {
            let row = |rows: usize, most: usize| {
                let kernel = |pixels| kernel(self.isa, blocks, rows, pixels, self.steps[1]);
                (1..=most.min(width)).map(kernel).collect::<Option<Vec<_>>>()
            };
            let rows = row(1, pixels)?;
            let short = 2 * width <= pixels && height > 1;
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

    /// Whether it reads blocks of channels.
    pub(super) fn reads_blocks(&self) -> bool {
        self.source.is_blocks()
    }

    /// Where input and result lie.
    pub(super) fn maps(&self) -> [&Map; 2] {
        [self.source.map(), &self.y]
    }

    /// Whether it adds something to its result.
    pub(super) fn adds(&self) -> bool {
        self.ending.residual.is_some()
    }

    /// The rows of the input, border and all, that rows of the result need.
    pub(super) fn seen(&self, rows: &Range<usize>) -> Range<usize> {
        self.reach.of(rows)
    }

    /// Computes the convolution of some images: weights that have been read serve all of them. The borders of the
    /// results are left as they are.
    pub fn run(&self, images: &mut [Buffers]) -> Result<(), Error> {
        self.check(images, &Rows::all(&self.y))?;
        let [height, width] = self.lines();
        self.compute(images, &Rows { rows: 0..height, x: 0, y: 0 }, width);
        Ok(())
    }

    /// The same of some rows. All rows of what is added are in memory.
    pub(super) fn run_rows(&self, rows: &Rows, mut image: Buffers) -> Result<(), Error> {
        self.check(std::slice::from_ref(&image), rows)?;
        self.compute(std::slice::from_mut(&mut image), rows, self.y.width);
        Ok(())
    }

    /// The same of the first `width` pixels of each row.
    pub(super) fn run_part(&self, width: usize, mut image: Buffers) -> Result<(), Error> {
        let rows = Rows::all(&self.y);
        self.check(std::slice::from_ref(&image), &rows)?;
        self.compute(std::slice::from_mut(&mut image), &rows, width.min(self.y.width));
        Ok(())
    }

    fn check(&self, images: &[Buffers], rows: &Rows) -> Result<(), Error> {
        let name = "blocked convolution";
        let pixels = [self.source.pixels(), self.y.pixels()];
        images.iter().try_for_each(|image| image.check(name, pixels, self.ending.residual))?;
        rows.check(name, &self.seen(&rows.rows), self.maps())
    }

    /// Buffers and rows have been checked.
    fn compute(&self, images: &mut [Buffers], rows: &Rows, width: usize) {
        for unit in &self.units {
            for (i, panel) in unit.panels.iter().enumerate() {
                for image in &mut *images {
                    self.panel(unit, panel, [i == 0, i + 1 == unit.panels.len()], image, rows, width);
                }
            }
        }
    }

    /// Adds a panel's products to all pixels of a unit. Buffers and rows have been checked.
    fn panel(
        &self,
        unit: &Unit,
        panel: &Panel,
        [first, last]: [bool; 2],
        image: &mut Buffers,
        rows: &Rows,
        width: usize,
    ) {
        let residual = image.residual.filter(|_| last);
        let residual_map = self.ending.residual.unwrap_or(self.y);
        let mut tile = Tile {
            x: std::ptr::null(),
            x_row: self.steps[0],
            x_step: self.steps[1],
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
        let mut row = rows.rows.start;
        while row < rows.rows.end {
            let pair = !unit.tiles.pairs.is_empty() && row + 1 < rows.rows.end;
            let tiles = if pair { &unit.tiles.pairs } else { &unit.tiles.rows };
            let from = self.start + row * self.steps[0] - rows.x * self.source.row();
            let to = self.y.start(unit.first, row) - rows.y * self.y.row();
            let added = residual_map.start(unit.first, row);
            for (column, pixels) in cuts[usize::from(pair)].parts() {
                (tile.soon, tile.soon_step) = match self.weights.get(soon.clone()) {
                    Some(next) if !next.is_empty() => (next.as_ptr().cast(), LANES),
                    _ => (tile.weights, 0),
                };
                soon.start += panel.values;
                // SAFETY: when this was prepared, all windows were within the source and the kernels those of this
                // processor; the buffers' sizes are those for which it was prepared, and they hold these rows.
                unsafe {
                    tile.x = image.x.as_ptr().cast::<f32>().add(from + column * self.steps[1]);
                    tile.y = image.y.as_mut_ptr().add(to + column).cast();
                    if let Some(residual) = residual {
                        tile.residual = residual.as_ptr().add(added + column).cast();
                    }
                    tiles[pixels - 1](&tile);
                }
                if let Some(activation) = more {
                    for line in 0..=usize::from(pair) {
                        for block in 0..unit.blocks {
                            let at = to + line * self.y.row() + block * self.y.block() + column;
                            activate_in_place(self.isa, activation, &mut image.y[at..][..pixels]);
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
