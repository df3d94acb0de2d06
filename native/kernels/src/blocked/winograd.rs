//! Convolutions of 3 x 3 by Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray 2016): a quarter of the
//! products for tiles of 4 x 4 outputs, at 1.6 to 2.6 times the rounding error of direct convolution. An infinity or a
//! NaN spreads over its tile.

#![allow(unsafe_code)] // Pointers into buffers whose sizes have been checked, and the processor's intrinsics.

use ndarray::{Array4, ArrayView4};

use super::buffers::Buffers;
use super::conv::{BlockedConv, Ending};
use super::elementwise::activate_in_place;
use super::isa::{Isa, Set};
use super::lanes::Lanes;
use super::lanes::Portable;
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::map::{Border, LANES, Map, Pixel};
use super::source::Source;
use crate::Error;
use crate::conv2d::Conv2d;

/// Outputs of a tile along each dimension.
const TILE: usize = 4;
/// Inputs of a tile along each dimension.
const INPUTS: usize = 6;
/// Values of a transformed tile.
const POSITIONS: usize = INPUTS * INPUTS;
/// Bytes of transformed tiles at a time, inputs and results: about what the second cache holds beside the weights.
const CHUNK: usize = 768 << 10;

/// A convolution of 3 x 3 with stride 1 for an instruction set, an input and an output.
#[derive(Debug)]
pub struct BlockedWinograd {
    isa: Isa,
    /// For each position of a transformed tile, a product over all channels.
    products: Vec<BlockedConv>,
    bias: Vec<Pixel>,
    x: Map,
    y: Map,
    ending: Ending,
    /// From the beginning of a block to the first tile's inputs, in pixels.
    start: usize,
    /// Tiles of a row, tiles of an image, and tiles at a time.
    tiles: [usize; 3],
    kernels: Kernels,
}

/// The transforms of an instruction set.
#[derive(Debug, Clone, Copy)]
struct Kernels {
    forward: unsafe fn(*const Pixel, usize, *mut Pixel, usize),
    backward: unsafe fn(&Backward),
}

/// What the transform of a tile's result is computed of.
struct Backward {
    /// The first position's value, and the distance to the next one's.
    m: *const Pixel,
    step: usize,
    bias: *const Pixel,
    bounds: [f32; 2],
    /// Null where nothing is added.
    residual: *const Pixel,
    residual_row: usize,
    y: *mut Pixel,
    y_row: usize,
    /// Rows and columns that are within the result.
    size: [usize; 2],
}

impl BlockedWinograd {
    /// The border that the input needs for an output of `[height, width]`: tiles are whole.
    pub fn border(geometry: &Conv2d, input: [usize; 2], out: [usize; 2]) -> Border {
        let [top, left] = geometry.padding_before;
        let after =
            |d: usize, before: usize| (out[d].div_ceil(TILE) * TILE + 2).saturating_sub(before + input[d]);
        Border { top, left, bottom: after(0, top), right: after(1, left) }
    }

    /// Whether it is likely to be faster than direct convolution, judged by the shapes alone: by its products with the
    /// work of the transforms, and by the bytes of its weights, which are four times those of direct convolution.
    pub fn pays(weight: [usize; 4], geometry: &Conv2d, out: [usize; 2]) -> bool {
        let [filters, per_group, kh, kw] = weight;
        let plain = [kh, kw] == [3, 3]
            && geometry.stride == [1, 1]
            && geometry.dilation == [1, 1]
            && geometry.groups == 1
            && per_group >= LANES
            && filters >= LANES;
        let pairs = filters * per_group;
        let direct = 9 * out[0] * out[1] * pairs / 32;
        let tiles = out[0].div_ceil(TILE) * out[1].div_ceil(TILE);
        let products = POSITIONS * tiles * pairs / 32 * 13 / 10;
        let loads = POSITIONS * pairs * size_of::<f32>() / 7;
        plain && products.max(loads) < direct
    }

    /// Prepares a convolution that is run for up to `images` at a time. `weight` is `[filters, channels, 3, 3]`, `bias`
    /// `[filters]`. An error where shapes do not fit or the border of `x` is too narrow.
    #[allow(clippy::too_many_arguments, reason = "as many as a convolution has")]
    pub fn new(
        isa: Isa,
        weight: ArrayView4<f32>,
        bias: &[f32],
        geometry: &Conv2d,
        x: Map,
        y: Map,
        ending: Ending,
        images: usize,
    ) -> Result<BlockedWinograd, Error> {
        let (filters, channels, kh, kw) = weight.dim();
        let need = BlockedWinograd::border(geometry, [x.height, x.width], [y.height, y.width]);
        let found = vec![channels, filters, kh, kw, bias.len()];
        let expected = vec![x.channels, y.channels, 3, 3, y.channels];
        if found != expected || x.border.max(need) != x.border {
            return Err(Error {
                kernel: "blocked Winograd convolution",
                what: "shapes or border",
                found,
                expected,
            });
        }
        let across = y.width.div_ceil(TILE);
        let of_image = y.height.div_ceil(TILE) * across;
        let each = POSITIONS * (x.blocks() + y.blocks()) * size_of::<Pixel>();
        let chunks = (images * of_image).div_ceil((CHUNK / each).max(14));
        let at_once = (images * of_image).div_ceil(chunks);
        let one = Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 };
        let [from, to] = [channels, filters].map(|channels| Map::new([channels, 1, at_once]));
        let products = transformed(weight)
            .iter()
            .map(|weight| {
                let zeros = vec![0.0; filters];
                BlockedConv::new(isa, weight.view(), &zeros, &one, Source::blocks(from), to, Ending::NONE)
            })
            .collect::<Result<Option<Vec<_>>, Error>>()?;
        let Some(products) = products else {
            return Err(Error { kernel: "blocked Winograd convolution", what: "kernels", found, expected });
        };
        let lanes = |block: usize| {
            Pixel(std::array::from_fn(|lane| bias.get(block * LANES + lane).copied().unwrap_or(0.0)))
        };
        let start = x.start(0, 0) - geometry.padding_before[0] * x.row() - geometry.padding_before[1];
        Ok(BlockedWinograd {
            isa,
            products,
            bias: (0..y.blocks()).map(lanes).collect(),
            x,
            y,
            ending,
            start,
            tiles: [across, of_image, at_once],
            kernels: kernels(isa),
        })
    }

    /// Bytes of the weights.
    pub fn bytes(&self) -> usize {
        self.products.iter().map(BlockedConv::bytes).sum()
    }

    /// How many pixels it needs while it runs.
    pub fn scratch(&self) -> usize {
        POSITIONS * self.tiles[2] * (self.x.blocks() + self.y.blocks())
    }

    /// Computes the convolution of some images. The borders of the results are left as they are.
    pub fn run(&self, images: &mut [Buffers], scratch: &mut [Pixel]) -> Result<(), Error> {
        let name = "blocked Winograd convolution";
        for image in &*images {
            image.check(name, [self.x.pixels(), self.y.pixels()], self.ending.residual)?;
        }
        if scratch.len() < self.scratch() {
            let (found, expected) = (vec![scratch.len()], vec![self.scratch()]);
            return Err(Error { kernel: name, what: "scratch", found, expected });
        }
        let [_, of_image, at_once] = self.tiles;
        let (from, to) = (self.x.blocks() * at_once, self.y.blocks() * at_once);
        let (v, m) = scratch.split_at_mut(POSITIONS * from);
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
                self.forward(images[*i].x, tiles.clone(), &mut v[*at..]);
            }
            for (position, product) in self.products.iter().enumerate() {
                let x = &v[position * from..][..from];
                let y = &mut m[position * to..][..to];
                product.run_part(tiles.len(), Buffers { x, residual: None, y })?;
            }
            for (i, tiles, at) in parts {
                self.backward(&m[at..], &mut images[i], tiles);
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

    /// Transforms the inputs of some tiles: `v` is `[position][block][tile]`.
    fn forward(&self, x: &[Pixel], tiles: std::ops::Range<usize>, v: &mut [Pixel]) {
        let [across, _, at_once] = self.tiles;
        let step = self.x.blocks() * at_once;
        for block in 0..self.x.blocks() {
            for (i, tile) in tiles.clone().enumerate() {
                let (row, column) = (tile / across * TILE, tile % across * TILE);
                let at = block * self.x.block() + self.start + row * self.x.row() + column;
                // SAFETY: all tiles are within the border that was checked; `v` has room for all positions.
                unsafe {
                    (self.kernels.forward)(
                        x.as_ptr().add(at),
                        self.x.row(),
                        v.as_mut_ptr().add(block * at_once + i),
                        step,
                    );
                }
            }
        }
    }

    /// Transforms the results of some tiles: `m` is `[position][block][tile]`.
    fn backward(&self, m: &[Pixel], image: &mut Buffers, tiles: std::ops::Range<usize>) {
        let [across, _, at_once] = self.tiles;
        let residual_map = self.ending.residual.unwrap_or(self.y);
        for block in 0..self.y.blocks() {
            for (i, tile) in tiles.clone().enumerate() {
                let (row, column) = (tile / across * TILE, tile % across * TILE);
                let from = residual_map.start(block, row) + column;
                // SAFETY: no more rows and columns are written than the result has, and the buffers are as long as
                // their maps say.
                unsafe {
                    (self.kernels.backward)(&Backward {
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
                        size: [(self.y.height - row).min(TILE), (self.y.width - column).min(TILE)],
                    });
                }
            }
        }
    }
}

/// The weights of each position: `G g G^T`, in f64.
fn transformed(weight: ArrayView4<f32>) -> Vec<Array4<f32>> {
    const G: [[f64; 3]; INPUTS] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let (filters, channels, ..) = weight.dim();
    (0..POSITIONS)
        .map(|position| {
            let (row, column) = (G[position / INPUTS], G[position % INPUTS]);
            Array4::from_shape_fn((filters, channels, 1, 1), |(filter, channel, _, _)| {
                let value =
                    |y: usize, x: usize| f64::from(weight[[filter, channel, y, x]]) * row[y] * column[x];
                (0..9).map(|i| value(i / 3, i % 3)).sum::<f64>() as f32
            })
        })
        .collect()
}

/// `B^T d` of six values.
#[inline(always)]
unsafe fn forward_line<L: Lanes>(d: [L; INPUTS]) -> [L; INPUTS] {
    // SAFETY: the caller's.
    unsafe {
        let times = |factor: f32, v: L, sum: L| sum.multiply_add(L::splat(factor), v);
        let [a, b] = [times(-4.0, d[2], d[4]), times(-4.0, d[1], d[3])];
        let [c, e] = [times(-1.0, d[2], d[4]), times(-1.0, d[1], d[3])];
        [
            times(4.0, d[0], times(-5.0, d[2], d[4])),
            a.add(b),
            times(-1.0, b, a),
            times(2.0, e, c),
            times(-2.0, e, c),
            times(4.0, d[1], times(-5.0, d[3], d[5])),
        ]
    }
}

/// `A^T m` of six values.
#[inline(always)]
unsafe fn backward_line<L: Lanes>(m: [L; INPUTS]) -> [L; TILE] {
    // SAFETY: the caller's.
    unsafe {
        let times = |factor: f32, v: L, sum: L| sum.multiply_add(L::splat(factor), v);
        let [sum, difference] = [m[1].add(m[2]), times(-1.0, m[2], m[1])];
        let [far_sum, far_difference] = [m[3].add(m[4]), times(-1.0, m[4], m[3])];
        [
            m[0].add(sum).add(far_sum),
            times(2.0, far_difference, difference),
            times(4.0, far_sum, sum),
            times(8.0, far_difference, difference).add(m[5]),
        ]
    }
}

/// Transforms 6 x 6 pixels, in rows `row` pixels apart, to values `step` pixels apart.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "written so, the values stay in registers")]
unsafe fn forward<L: Lanes>(x: *const Pixel, row: usize, v: *mut Pixel, step: usize) {
    // SAFETY: the caller's.
    unsafe {
        let mut columns = [[L::splat(0.0); INPUTS]; INPUTS];
        for (column, values) in columns.iter_mut().enumerate() {
            let at = |line: usize| x.wrapping_add(line.wrapping_mul(row).wrapping_add(column)).cast::<f32>();
            let [a, b, c, d, e, f] = [at(0), at(1), at(2), at(3), at(4), at(5)];
            *values = forward_line([L::load(a), L::load(b), L::load(c), L::load(d), L::load(e), L::load(f)]);
        }
        for line in 0..INPUTS {
            let values = forward_line([
                columns[0][line],
                columns[1][line],
                columns[2][line],
                columns[3][line],
                columns[4][line],
                columns[5][line],
            ]);
            for (column, value) in values.into_iter().enumerate() {
                let position = line.wrapping_mul(INPUTS).wrapping_add(column);
                value.store(v.wrapping_add(position.wrapping_mul(step)).cast());
            }
        }
    }
}

/// Transforms a tile's result, adds what is to be added, and writes what is within the result.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "as above")]
unsafe fn backward<L: Lanes>(t: &Backward) {
    // SAFETY: the caller's.
    unsafe {
        let mut columns = [[L::splat(0.0); TILE]; INPUTS];
        for (column, values) in columns.iter_mut().enumerate() {
            let at = |line: usize| {
                let position = line.wrapping_mul(INPUTS).wrapping_add(column);
                t.m.wrapping_add(position.wrapping_mul(t.step)).cast::<f32>()
            };
            let [a, b, c, d, e, f] = [at(0), at(1), at(2), at(3), at(4), at(5)];
            *values = backward_line([L::load(a), L::load(b), L::load(c), L::load(d), L::load(e), L::load(f)]);
        }
        let bias = L::load(t.bias.cast());
        let [low, high] = t.bounds.map(|bound| L::splat(bound));
        let [height, width] = t.size;
        for line in 0..height {
            let values = backward_line([
                columns[0][line],
                columns[1][line],
                columns[2][line],
                columns[3][line],
                columns[4][line],
                columns[5][line],
            ]);
            for (column, value) in values.into_iter().enumerate().take(width) {
                let mut value = value.add(bias);
                if !t.residual.is_null() {
                    let from =
                        t.residual.wrapping_add(line.wrapping_mul(t.residual_row).wrapping_add(column));
                    value = value.add(L::load(from.cast()));
                }
                let to = t.y.wrapping_add(line.wrapping_mul(t.y_row).wrapping_add(column));
                value.at_least(low).at_most(high).store(to.cast());
            }
        }
    }
}

/// The transforms for an instruction set.
macro_rules! kernels {
    ($name:ident, $lanes:ty, $(#[$feature:meta])?) => {
        mod $name {
            use super::*;

            $(#[$feature])?
            unsafe fn forward(x: *const Pixel, row: usize, v: *mut Pixel, step: usize) {
                // SAFETY: the caller's.
                unsafe { super::forward::<$lanes>(x, row, v, step) }
            }

            $(#[$feature])?
            unsafe fn backward(t: &Backward) {
                // SAFETY: the caller's.
                unsafe { super::backward::<$lanes>(t) }
            }

            pub(super) const KERNELS: Kernels = Kernels { forward, backward };
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels!(avx512, Avx512, #[target_feature(enable = "avx512f")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, Avx2, #[target_feature(enable = "avx2,fma")]);
kernels!(portable, Portable,);

fn kernels(isa: Isa) -> Kernels {
    match isa.set() {
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => avx512::KERNELS,
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => avx2::KERNELS,
        _ => portable::KERNELS,
    }
}
