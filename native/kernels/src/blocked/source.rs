//! What convolutions read: blocks of channels or, for the first layer, planes.

use std::ops::Range;

use super::map::{LANES, Map};
use crate::conv2d::Conv2d;

/// Where the values of a convolution's input lie; distances are in floats.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    map: Map,
    /// Channels side by side.
    lanes: usize,
}

/// Which rows of an input, border and all, the windows of a convolution see.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    first: usize,
    stride: usize,
    rows: usize,
}

impl Reach {
    /// Those that are seen for some rows of the result.
    pub(super) fn of(&self, rows: &Range<usize>) -> Range<usize> {
        let first = |row: usize| self.first + row * self.stride;
        if rows.is_empty() { 0..0 } else { first(rows.start)..first(rows.end - 1) + self.rows }
    }
}

/// One tap of a window in some channels that lie side by side.
pub(super) struct Tap {
    /// From the window's beginning to it.
    pub(super) offset: usize,
    /// The first channel.
    pub(super) channel: usize,
    /// The number of channels.
    pub(super) channels: usize,
    /// The tap's row and column in the kernel.
    pub(super) at: [usize; 2],
}

impl Source {
    /// Blocks of 16 channels.
    pub fn blocks(map: Map) -> Source {
        Source { map, lanes: LANES }
    }

    /// A plane for each channel, `[channel][row][column]` with the map's border: for inputs of few channels.
    pub fn planes(map: Map) -> Source {
        Source { map, lanes: 1 }
    }

    /// The same where memory holds so many rows at a time.
    pub(super) fn in_band(&self, band: Option<usize>) -> Source {
        Source { map: Map { band, ..self.map }, ..*self }
    }

    /// Whether offsets within all rows of all blocks, or planes, are numbers of 32 bits, as kernels keep them.
    pub(super) fn fits_offsets(&self) -> bool {
        self.map.floats(self.lanes).is_some_and(|floats| u32::try_from(floats).is_ok())
    }

    /// Whether it is blocks of channels.
    pub(super) fn is_blocks(&self) -> bool {
        self.lanes == LANES
    }

    pub(super) fn map(&self) -> &Map {
        &self.map
    }

    /// The same of one row of another width.
    pub(super) fn of_width(&self, width: usize) -> Source {
        Source { map: Map { width, ..self.map }, ..*self }
    }

    /// From one block, or plane, to the next.
    pub(super) fn block(&self) -> usize {
        self.map.block() * self.lanes
    }

    pub(super) fn channels(&self) -> usize {
        self.map.channels
    }

    /// From one pixel to the next in a row.
    pub(super) fn pixel(&self) -> usize {
        self.lanes
    }

    /// From one row to the next.
    pub(super) fn row(&self) -> usize {
        self.map.row() * self.lanes
    }

    /// Rows and columns without the border.
    pub(super) fn size(&self) -> [usize; 2] {
        [self.map.height, self.map.width]
    }

    pub(super) fn is_dense(&self) -> bool {
        self.map.is_dense()
    }

    /// The length of the whole in [`super::Pixel`]s.
    pub fn pixels(&self) -> usize {
        (self.map.channels.div_ceil(self.lanes) * self.map.block() * self.lanes).div_ceil(LANES)
    }

    /// The rows that windows see.
    pub(super) fn reach(&self, geometry: &Conv2d, kernel: usize) -> Reach {
        let first = self.map.border.top.saturating_sub(geometry.padding_before[0]);
        let rows = (kernel.max(1) - 1) * geometry.dilation[0] + 1;
        Reach { first, stride: geometry.stride[0], rows }
    }

    /// Where the first window begins; none if a window leaves the border.
    pub(super) fn window_start(
        &self,
        geometry: &Conv2d,
        kernel: [usize; 2],
        out: [usize; 2],
    ) -> Option<usize> {
        let border = self.map.border;
        let along = |i: usize, before: usize, size: usize, after: usize| {
            let start = before.checked_sub(geometry.padding_before[i])?;
            let end =
                start + out[i].checked_sub(1)? * geometry.stride[i] + (kernel[i] - 1) * geometry.dilation[i];
            (end < before + size + after).then_some(start)
        };
        let top = along(0, border.top, self.map.height, border.bottom)?;
        let left = along(1, border.left, self.map.width, border.right)?;
        Some(top * self.row() + left * self.lanes)
    }

    /// The taps of a window in some channels, in the order (channels, row, column).
    pub(super) fn taps(
        &self,
        channels: Range<usize>,
        [kh, kw]: [usize; 2],
        dilation: [usize; 2],
    ) -> Vec<Tap> {
        let groups = channels.start / self.lanes..channels.end.div_ceil(self.lanes);
        let places =
            groups.flat_map(|group| (0..kh).flat_map(move |y| (0..kw).map(move |x| (group, [y, x]))));
        places
            .map(|(group, at)| {
                let channel = group * self.lanes;
                let inside = at[0] * dilation[0] * self.row() + at[1] * dilation[1] * self.lanes;
                Tap {
                    offset: group * self.block() + inside,
                    channel,
                    channels: self.lanes.min(self.map.channels - channel),
                    at,
                }
            })
            .collect()
    }
}
