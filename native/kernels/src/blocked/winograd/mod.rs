//! Convolutions of 3 x 3 by Winograd's minimal filtering (Lavin and Gray 2016): F(4 x 4, 3 x 3) has a quarter of the
//! products, at 1.6 to 2.6 times the rounding error of direct convolution; F(2 x 2, 3 x 3) four ninths, and less than
//! half of the weights to read. An infinity or a NaN spreads over its tile.

#![allow(unsafe_code)] // Pointers into buffers whose sizes have been checked.

mod transform;

use std::ops::Range;

use ndarray::ArrayView4;

use self::transform::{Backward, Forward, Transforms};
use super::activation::activate_in_place;
use super::buffers::Buffers;
use super::conv::{BlockedConv, Ending};
use super::isa::Isa;
use super::map::{Border, LANES, Map, Pixel};
use super::source::Source;
use crate::Error;
use crate::conv2d::Conv2d;
pub use transform::Size as WinogradSize;

/// Bytes of transformed tiles at a time, inputs and results: about what the second cache holds beside the weights.
const CHUNK: usize = 768 << 10;
/// The most of them, where weights are too large for that cache: each time that these are read should be of use.
const MOST: usize = 4 << 20;

/// A convolution of 3 x 3 with stride 1 for an instruction set, an input and an output.
#[derive(Debug)]
pub struct BlockedWinograd {
    isa: Isa,
    /// For one image, and for the most, if these take more memory.
    chunks: Vec<Chunk>,
    /// How many images those are.
    images: usize,
    bias: Vec<Pixel>,
    x: Map,
    y: Map,
    ending: Ending,
    /// From the beginning of a block to the first tile's inputs, in pixels.
    start: usize,
    /// Tiles of an image.
    tiles: usize,
    size: WinogradSize,
    transforms: Transforms,
}

/// The tiles that are computed at a time.
#[derive(Debug)]
struct Chunk {
    tiles: usize,
    /// For each position of a transformed tile, a product over all channels.
    products: Vec<BlockedConv>,
}

impl WinogradSize {
    /// The size of tiles with which a convolution is likely to be fastest, judged by the shapes alone: by the products
    /// with the work of the transforms, and by the bytes of the weights. None where direct convolution is.
    pub fn best(weight: [usize; 4], geometry: &Conv2d, out: [usize; 2]) -> Option<WinogradSize> {
        let [filters, per_group, kh, kw] = weight;
        let plain = [kh, kw] == [3, 3]
            && geometry.stride == [1, 1]
            && geometry.dilation == [1, 1]
            && geometry.groups == 1
            && per_group >= LANES
            && filters >= LANES;
        let pairs = filters * per_group;
        let direct = 9 * out[0] * out[1] * pairs / 32;
        let cycles = |size: WinogradSize| {
            let products = size.positions() * size.tiles(out) * pairs / 32 * 13 / 10;
            let loads = size.positions() * pairs * size_of::<f32>() / 7;
            products.max(loads)
        };
        let best = [WinogradSize::Four, WinogradSize::Two].into_iter().min_by_key(|&size| cycles(size));
        best.filter(|&size| plain && cycles(size) < direct)
    }

    /// The border that the input needs for an output of `[height, width]`: tiles are whole.
    pub fn border(self, geometry: &Conv2d, input: [usize; 2], out: [usize; 2]) -> Border {
        let [top, left] = geometry.padding_before;
        let after = |d: usize, before: usize| {
            (out[d].div_ceil(self.tile()) * self.tile() + 2).saturating_sub(before + input[d])
        };
        Border { top, left, bottom: after(0, top), right: after(1, left) }
    }

    fn tiles(self, out: [usize; 2]) -> usize {
        out[0].div_ceil(self.tile()) * out[1].div_ceil(self.tile())
    }
}

impl BlockedWinograd {
    /// Prepares a convolution that is run for up to `images` at a time. `weight` is `[filters, channels, 3, 3]`, `bias`
    /// `[filters]`. An error where shapes do not fit or the border of `x` is too narrow.
    #[allow(clippy::too_many_arguments, reason = "as many as a convolution has")]
    pub fn new(
        isa: Isa,
        size: WinogradSize,
        weight: ArrayView4<f32>,
        bias: &[f32],
        geometry: &Conv2d,
        x: Map,
        y: Map,
        ending: Ending,
        images: usize,
    ) -> Result<BlockedWinograd, Error> {
        let (filters, channels, kh, kw) = weight.dim();
        let need = size.border(geometry, [x.height, x.width], [y.height, y.width]);
        let found = vec![channels, filters, kh, kw, bias.len()];
        let expected = vec![x.channels, y.channels, 3, 3, y.channels];
        let fits = x.is_countable() && y.is_countable() && ending.fits(&y);
        if found != expected || x.border.max(need) != x.border || !fits {
            return Err(Error {
                kernel: "blocked Winograd convolution",
                what: "shapes, residual or border",
                found,
                expected,
            });
        }
        let of_image = size.tiles([y.height, y.width]);
        let each = size.positions() * (x.blocks() + y.blocks()) * size_of::<Pixel>();
        let weights = size.positions() * x.blocks() * LANES * y.blocks() * size_of::<Pixel>();
        let most = (weights.clamp(CHUNK, MOST) / each).max(14);
        let at_once = |images: usize| (images * of_image).div_ceil((images * of_image).div_ceil(most));
        let [least, most] = [1, images].map(at_once);
        let one = Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 };
        let [from, to] = [channels, filters].map(|channels| Map::new([channels, 1, most]));
        let products = size
            .weights(weight)
            .iter()
            .map(|weight| {
                let zeros = vec![0.0; filters];
                BlockedConv::new(isa, weight.view(), &zeros, &one, Source::blocks(from), to, Ending::NONE)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let lanes = |block: usize| {
            Pixel(std::array::from_fn(|lane| bias.get(block * LANES + lane).copied().unwrap_or(0.0)))
        };
        let start = x.start(0, 0) - geometry.padding_before[0] * x.row() - geometry.padding_before[1];
        let fewer: Vec<BlockedConv> = products.iter().map(|product| product.of_width(least)).collect();
        let mut chunks = vec![Chunk { tiles: least, products: fewer }];
        if most > least {
            chunks.push(Chunk { tiles: most, products });
        }
        Ok(BlockedWinograd {
            isa,
            chunks,
            images,
            bias: (0..y.blocks()).map(lanes).collect(),
            x,
            y,
            ending,
            start,
            tiles: of_image,
            size,
            transforms: Transforms::of(isa, size),
        })
    }

    /// Bytes of the weights.
    pub fn bytes(&self) -> usize {
        self.chunks[0].products.iter().map(BlockedConv::bytes).sum()
    }

    /// How many pixels it needs while it runs for so many images. With those for one it computes any number, but reads
    /// the weights more often.
    pub fn scratch(&self, images: usize) -> usize {
        let chunk = if images < self.images { self.chunks.first() } else { self.chunks.last() };
        chunk.map_or(0, |chunk| self.pixels(chunk))
    }

    fn pixels(&self, chunk: &Chunk) -> usize {
        self.size.positions() * chunk.tiles * (self.x.blocks() + self.y.blocks())
    }

    /// Computes the convolution of some images, as many tiles at a time as there is scratch for. The borders of the
    /// results are left as they are.
    pub fn run(&self, images: &mut [Buffers], scratch: &mut [Pixel]) -> Result<(), Error> {
        let name = "blocked Winograd convolution";
        for image in &*images {
            image.check(name, [self.x.pixels(), self.y.pixels()], self.ending.residual)?;
        }
        let Some(chunk) = self.chunks.iter().rfind(|chunk| self.pixels(chunk) <= scratch.len()) else {
            let (found, expected) = (vec![scratch.len()], vec![self.scratch(1)]);
            return Err(Error { kernel: name, what: "scratch", found, expected });
        };
        let (of_image, at_once) = (self.tiles, chunk.tiles);
        let (from, to) = (self.x.blocks() * at_once, self.y.blocks() * at_once);
        let (v, m) = scratch.split_at_mut(self.size.positions() * from);
        let all = images.len() * of_image;
        for first in (0..all).step_by(at_once) {
            let tiles = first..(first + at_once).min(all);
            // The tiles of each image that is among them, and where they stand.
            let parts: Vec<_> = (tiles.start / of_image..tiles.end.div_ceil(of_image))
                .map(|i| {
                    let own = tiles.start.max(i * of_image)..tiles.end.min((i + 1) * of_image);
                    (i, own.start - i * of_image..own.end - i * of_image, own.start - first)
                })
                .collect();
            for (i, tiles, at) in &parts {
                self.forward(images[*i].x, tiles.clone(), at_once, &mut v[*at..]);
            }
            for (position, product) in chunk.products.iter().enumerate() {
                let x = &v[position * from..][..from];
                let y = &mut m[position * to..][..to];
                product.run_part(tiles.len(), Buffers { x, residual: None, y })?;
            }
            for (i, tiles, at) in parts {
                self.backward(&m[at..], &mut images[i], tiles, at_once);
            }
        }
        if let Some(activation) = self.ending.activation.beyond_bounds() {
            for image in images {
                let rows =
                    (0..self.y.blocks()).flat_map(|block| (0..self.y.height).map(move |row| (block, row)));
                for (block, row) in rows {
                    let y = &mut image.y[self.y.start(block, row)..][..self.y.width];
                    activate_in_place(self.isa, activation, y);
                }
            }
        }
        Ok(())
    }

    /// The first row and column of a tile.
    fn corner(&self, tile: usize) -> [usize; 2] {
        let across = self.y.width.div_ceil(self.size.tile());
        [tile / across, tile % across].map(|at| at * self.size.tile())
    }

    /// Transforms the inputs of some tiles: `v` is `[position][block][tile]`.
    fn forward(&self, x: &[Pixel], tiles: Range<usize>, at_once: usize, v: &mut [Pixel]) {
        for block in 0..self.x.blocks() {
            for (i, tile) in tiles.clone().enumerate() {
                let [row, column] = self.corner(tile);
                let at = block * self.x.block() + self.start + row * self.x.row() + column;
                // SAFETY: all tiles are within the border that was checked; `v` has room for all positions.
                unsafe {
                    (self.transforms.forward)(&Forward {
                        x: x.as_ptr().add(at),
                        x_row: self.x.row(),
                        v: v.as_mut_ptr().add(block * at_once + i),
                        step: self.x.blocks() * at_once,
                    });
                }
            }
        }
    }

    /// Transforms the results of some tiles: `m` is `[position][block][tile]`.
    fn backward(&self, m: &[Pixel], image: &mut Buffers, tiles: Range<usize>, at_once: usize) {
        let residual_map = self.ending.residual.unwrap_or(self.y);
        for block in 0..self.y.blocks() {
            for (i, tile) in tiles.clone().enumerate() {
                let [row, column] = self.corner(tile);
                let from = residual_map.start(block, row) + column;
                // SAFETY: no more rows and columns are written than the result has, and the buffers are as long as
                // their maps say.
                unsafe {
                    (self.transforms.backward)(&Backward {
                        m: m.as_ptr().add(block * at_once + i),
                        step: self.y.blocks() * at_once,
                        bias: &raw const self.bias[block],
                        bounds: self.ending.activation.bounds(),
                        residual: image
                            .residual
                            .map_or(std::ptr::null(), |residual| residual.as_ptr().add(from)),
                        residual_row: residual_map.row(),
                        y: image.y.as_mut_ptr().add(self.y.start(block, row) + column),
                        y_row: self.y.row(),
                        size: [self.y.height - row, self.y.width - column],
                    });
                }
            }
        }
    }
}
