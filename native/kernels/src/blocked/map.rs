//! Where the values of feature maps lie in memory.

use std::ops::Range;

use crate::Error;

/// The lanes of 16 channels at one pixel: what kernels read and write at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Pixel(pub [f32; LANES]);

/// Channels that lie side by side.
pub const LANES: usize = 16;

impl Pixel {
    /// Zeros.
    pub const ZERO: Pixel = Pixel([0.0; LANES]);
}

/// Rows and columns of zeros around a map, so that windows that reach beyond it need no other code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Border {
    /// Rows above.
    pub top: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns on the left.
    pub left: usize,
    /// Columns on the right.
    pub right: usize,
}

impl Border {
    /// The border that is enough for both.
    pub fn max(self, other: Border) -> Border {
        Border {
            top: self.top.max(other.top),
            bottom: self.bottom.max(other.bottom),
            left: self.left.max(other.left),
            right: self.right.max(other.right),
        }
    }
}

/// The shape of feature maps, channels in blocks of 16: `[block][row][column]` of [`Pixel`]s, each block with its
/// border. Lanes beyond the last channel hold values that mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Map {
    /// Number of channels.
    pub channels: usize,
    /// Rows without the border.
    pub height: usize,
    /// Columns without the border.
    pub width: usize,
    /// Zeros around.
    pub border: Border,
    /// How many rows of each block, border and all, memory holds at a time, where that is not all of them.
    pub(super) band: Option<usize>,
}

impl Map {
    /// A map without a border, of which memory holds all rows.
    pub fn new([channels, height, width]: [usize; 3]) -> Map {
        Map { channels, height, width, border: Border::default(), band: None }
    }

    /// The same with another border.
    pub fn with_border(self, border: Border) -> Map {
        Map { border, ..self }
    }

    /// The number of blocks.
    pub fn blocks(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    /// Pixels from one row to the next.
    pub fn row(&self) -> usize {
        self.border.left + self.width + self.border.right
    }

    /// All rows of a block, with those of the border.
    fn rows(&self) -> usize {
        self.border.top + self.height + self.border.bottom
    }

    /// The rows of a block that memory holds at a time.
    pub(super) fn held(&self) -> usize {
        self.band.unwrap_or(self.rows())
    }

    /// Pixels from one block to the next.
    pub fn block(&self) -> usize {
        self.held() * self.row()
    }

    /// The values of all blocks of so many channels, lanes beyond the last channel and border and all. None if no
    /// number holds that.
    pub(super) fn floats(&self, lanes: usize) -> Option<usize> {
        let Border { top, bottom, left, right } = self.border;
        let sum = |[before, size, after]: [usize; 3]| before.checked_add(size)?.checked_add(after);
        let rows = sum([top, self.height, bottom])?;
        let factors = [self.band.unwrap_or(rows), sum([left, self.width, right])?, lanes];
        factors.iter().try_fold(self.channels.div_ceil(lanes), |all, &by| all.checked_mul(by))
    }

    /// Whether a number holds how many values there are.
    pub(super) fn is_countable(&self) -> bool {
        self.floats(LANES).is_some()
    }

    /// Pixels that memory holds.
    pub fn pixels(&self) -> usize {
        self.blocks() * self.block()
    }

    /// The first pixel of a block's row, where memory holds the first rows.
    pub fn start(&self, block: usize, row: usize) -> usize {
        block * self.block() + (self.border.top + row) * self.row() + self.border.left
    }

    /// Whether rows follow each other without a gap, so that a map can be taken as one long row.
    pub fn is_dense(&self) -> bool {
        self.border == Border::default() && self.band.is_none()
    }

    /// Writes the zeros around each block.
    pub fn clear_border(&self, y: &mut [Pixel]) {
        if self.is_dense() {
            return;
        }
        for block in 0..self.blocks() {
            let mut from = block * self.block();
            for row in 0..self.height {
                let start = self.start(block, row);
                y[from..start].fill(Pixel::ZERO);
                from = start + self.width;
            }
            y[from..(block + 1) * self.block()].fill(Pixel::ZERO);
        }
    }

    /// Copies `x` `[channels, height, width]` into blocks, with zeros in the border and beyond the last channel.
    pub fn pack(&self, x: &[f32], y: &mut [Pixel]) {
        self.clear_border(y);
        let size = self.height * self.width;
        for block in 0..self.blocks() {
            let channels = block * LANES..((block + 1) * LANES).min(self.channels);
            for row in 0..self.height {
                let out = &mut y[self.start(block, row)..][..self.width];
                out.fill(Pixel::ZERO);
                for (lane, channel) in channels.clone().enumerate() {
                    let from = &x[channel * size + row * self.width..][..self.width];
                    for (to, &value) in out.iter_mut().zip(from) {
                        to.0[lane] = value;
                    }
                }
            }
        }
    }

    /// Copies blocks into `y` `[channels, height, width]`.
    pub fn unpack(&self, x: &[Pixel], y: &mut [f32]) {
        let size = self.height * self.width;
        for (channel, plane) in y.chunks_exact_mut(size.max(1)).enumerate().take(self.channels) {
            for (row, out) in plane.chunks_exact_mut(self.width.max(1)).enumerate() {
                let from = &x[self.start(channel / LANES, row)..][..self.width];
                for (to, pixel) in out.iter_mut().zip(from) {
                    *to = pixel.0[channel % LANES];
                }
            }
        }
    }

    /// Writes planes with zeros around: `[channel][row][column]`, each plane with its border, without blocks. `row` is
    /// called for the rows of all channels, one after the other, with their numbers.
    pub fn pack_planes(&self, y: &mut [Pixel], mut row: impl FnMut(usize, &mut [f32])) {
        let out = floats_mut(y);
        let mut from = 0;
        for line in 0..self.channels * self.height {
            let start = self.start(line / self.height, line % self.height);
            out[from..start].fill(0.0);
            from = start + self.width;
            row(line, &mut out[start..from]);
        }
        out[from..].fill(0.0);
    }

    /// Copies planes into `y` `[channels, height, width]`.
    pub fn unpack_planes(&self, x: &[Pixel], y: &mut [f32]) {
        let x = floats(x);
        for (i, row) in y.chunks_exact_mut(self.width.max(1)).enumerate() {
            let (channel, line) = (i / self.height.max(1), i % self.height.max(1));
            row.copy_from_slice(&x[self.start(channel, line)..][..self.width]);
        }
    }
}

/// Some rows of a result, computed in memory that may hold but a band of the rows of either map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The rows of the result, the first one without the border being 0.
    pub rows: Range<usize>,
    /// The row of the input, border and all, with which its memory begins.
    pub x: usize,
    /// The same of the result.
    pub y: usize,
}

impl Rows {
    /// All rows of a map, all of whose rows are in memory.
    pub(super) fn all(map: &Map) -> Rows {
        Rows { rows: 0..map.height, x: 0, y: 0 }
    }

    /// Refuses rows that the result does not have or memory does not hold, of it or `seen` of the input.
    pub(super) fn check(
        &self,
        kernel: &'static str,
        seen: &Range<usize>,
        [x, y]: [&Map; 2],
    ) -> Result<(), Error> {
        let written = y.border.top + self.rows.start..y.border.top + self.rows.end;
        let holds = |map: &Map, from: usize, rows: &Range<usize>| {
            rows.is_empty() || (from <= rows.start && rows.end <= from + map.held())
        };
        if self.rows.end <= y.height && holds(x, self.x, seen) && holds(y, self.y, &written) {
            return Ok(());
        }
        let found = vec![seen.start, seen.end, written.start, written.end];
        let expected = vec![self.x, self.x + x.held(), self.y, self.y + y.held()];
        Err(Error { kernel, what: "rows", found, expected })
    }
}

/// The values of pixels, one after the other.
#[allow(unsafe_code)] // Another view of the same values.
fn floats(pixels: &[Pixel]) -> &[f32] {
    // SAFETY: a pixel is 16 values without gaps, and needs more alignment than one.
    unsafe { std::slice::from_raw_parts(pixels.as_ptr().cast(), pixels.len() * LANES) }
}

/// As [`floats`], to be written.
#[allow(unsafe_code)] // As above.
fn floats_mut(pixels: &mut [Pixel]) -> &mut [f32] {
    // SAFETY: as above; the pixels are borrowed by nobody else meanwhile.
    unsafe { std::slice::from_raw_parts_mut(pixels.as_mut_ptr().cast(), pixels.len() * LANES) }
}
