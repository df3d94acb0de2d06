//! Several kernels in one pass over the rows of an image: a few rows of each result at a time, in memory that stays in
//! the nearer caches, instead of one whole map after the other. A value is computed as it is without bands: the same
//! bits.

use std::ops::Range;

use super::buffers::Buffers;
use super::conv::BlockedConv;
use super::depthwise::BlockedDepthwise;
use super::map::{Border, Map, Pixel, Rows};
use super::pool::BlockedMaxPool;
use crate::Error;

/// A kernel that can compute some rows of its result.
#[derive(Debug)]
pub enum Stage {
    /// A convolution.
    Conv(BlockedConv),
    /// One whose filters see one channel each.
    Depthwise(BlockedDepthwise),
    /// The largest values of windows.
    MaxPool(BlockedMaxPool),
}

/// Kernels of which each reads the result of the one before, row by row.
#[derive(Debug)]
pub struct BlockedBands {
    stages: Vec<Stage>,
    /// The bands of all results but the last.
    bands: Vec<Band>,
    parts: Vec<Part>,
}

/// Some rows of a result, as a map of these rows alone, and the pixels that it takes of the scratch.
#[derive(Debug)]
struct Band {
    map: Map,
    range: Range<usize>,
}

/// Some rows of the result of a stage.
#[derive(Debug)]
struct Part {
    stage: usize,
    /// The rows of the band that are still needed: they move to its beginning.
    kept: Range<usize>,
    /// The rows of the band that belong to the border.
    zeros: Vec<usize>,
    rows: Rows,
}

const NAME: &str = "blocked bands";

impl BlockedBands {
    /// Prepares kernels of at least one image's input, none of them in bands so far. So many rows of the last result are
    /// computed at a time that the bands of all others take at most `bytes`, or a single row. An error where a kernel
    /// does not read what the one before writes, or one but the last adds to its result.
    pub fn new(stages: Vec<Stage>, bytes: usize) -> Result<BlockedBands, Error> {
        let inner: Vec<Map> = stages.iter().rev().skip(1).rev().map(|stage| *stage.maps()[1]).collect();
        let fits = |(inner, next): (&Map, &Stage)| inner == next.maps()[0] && next.reads_blocks();
        let Some(last) = stages.last() else {
            return Err(Error { kernel: NAME, what: "stages", found: vec![0], expected: vec![1] });
        };
        if !inner.iter().zip(&stages[1..]).all(fits) || stages.iter().rev().skip(1).any(Stage::adds) {
            let blocks = |map: &Map| map.pixels();
            let found = inner.iter().map(blocks).collect();
            let expected = stages[1..].iter().map(|stage| blocks(stage.maps()[0])).collect();
            return Err(Error { kernel: NAME, what: "stages", found, expected });
        }
        let height = last.maps()[1].height;
        let mut plan = Plan::of(&stages, &inner, height);
        for parts in 2..=height {
            if plan.pixels(&inner) * size_of::<Pixel>() <= bytes {
                break;
            }
            if height.div_ceil(parts) < height.div_ceil(parts - 1) {
                plan = Plan::of(&stages, &inner, height.div_ceil(parts));
            }
        }
        let mut start = 0;
        let bands: Vec<Band> = inner
            .iter()
            .zip(&plan.held)
            .map(|(map, &height)| {
                let border = Border { top: 0, bottom: 0, ..map.border };
                let map = Map { height, border, ..*map };
                start += map.pixels();
                Band { map, range: start - map.pixels()..start }
            })
            .collect();
        let held = |i: Option<usize>| i.and_then(|i| plan.held.get(i)).copied();
        let stages = stages
            .into_iter()
            .enumerate()
            .map(|(i, stage)| stage.in_bands(held(i.checked_sub(1)), held(Some(i))))
            .collect();
        Ok(BlockedBands { stages, bands, parts: plan.parts })
    }

    /// Bytes of the weights.
    pub fn bytes(&self) -> usize {
        let bytes = |stage: &Stage| match stage {
            Stage::Conv(conv) => conv.bytes(),
            Stage::Depthwise(conv) => conv.bytes(),
            Stage::MaxPool(_) => 0,
        };
        self.stages.iter().map(bytes).sum()
    }

    /// How many pixels it needs while it runs.
    pub fn scratch(&self) -> usize {
        self.bands.last().map_or(0, |band| band.range.end)
    }

    /// The kernels.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Computes one image: `x` is read by the first kernel, the residual by the last one, which writes `y`. The border of
    /// `y` is left as it is.
    pub fn run(&self, image: Buffers, scratch: &mut [Pixel]) -> Result<(), Error> {
        if scratch.len() < self.scratch() {
            let (found, expected) = (vec![scratch.len()], vec![self.scratch()]);
            return Err(Error { kernel: NAME, what: "scratch", found, expected });
        }
        if image.residual.is_some() && !self.stages.last().is_some_and(Stage::adds) {
            return Err(Error { kernel: NAME, what: "residual", found: vec![1], expected: vec![0] });
        }
        for band in &self.bands {
            band.map.clear_border(&mut scratch[band.range.clone()]);
        }
        for Part { stage: i, kept, zeros, rows } in &self.parts {
            let start = self.bands.get(*i).map_or(self.scratch(), |band| band.range.start);
            let (before, own) = scratch.split_at_mut(start);
            let x = match i.checked_sub(1) {
                Some(before_it) => &before[self.bands[before_it].range.clone()],
                None => image.x,
            };
            let (y, residual) = match self.bands.get(*i) {
                Some(band) => {
                    let own = &mut own[..band.range.len()];
                    band.advance(kept, zeros, own);
                    (own, None)
                }
                None => (&mut *image.y, image.residual),
            };
            match &self.stages[*i] {
                Stage::Conv(conv) => conv.run_rows(rows, Buffers { x, residual, y })?,
                Stage::Depthwise(conv) => conv.run_rows(rows, x, y)?,
                Stage::MaxPool(pool) => pool.run_rows(rows, x, y)?,
            }
        }
        Ok(())
    }
}

impl Band {
    /// Moves the rows that are kept to the beginning, and makes those of the border zero.
    fn advance(&self, kept: &Range<usize>, zeros: &[usize], pixels: &mut [Pixel]) {
        let row = self.map.row();
        for block in 0..self.map.blocks() {
            let block = &mut pixels[block * self.map.block()..(block + 1) * self.map.block()];
            if kept.start > 0 {
                block.copy_within(kept.start * row..kept.end * row, 0);
            }
            zeros.iter().for_each(|zero| block[zero * row..(zero + 1) * row].fill(Pixel::ZERO));
        }
    }
}

impl Stage {
    /// Where input and result lie.
    fn maps(&self) -> [&Map; 2] {
        match self {
            Stage::Conv(conv) => conv.maps(),
            Stage::Depthwise(conv) => conv.maps(),
            Stage::MaxPool(pool) => pool.maps(),
        }
    }

    /// The rows of the input, border and all, that rows of the result need.
    fn seen(&self, rows: &Range<usize>) -> Range<usize> {
        match self {
            Stage::Conv(conv) => conv.seen(rows),
            Stage::Depthwise(conv) => conv.seen(rows),
            Stage::MaxPool(pool) => pool.seen(rows),
        }
    }

    fn reads_blocks(&self) -> bool {
        if let Stage::Conv(conv) = self { conv.reads_blocks() } else { true }
    }

    fn adds(&self) -> bool {
        matches!(self, Stage::Conv(conv) if conv.adds())
    }

    fn in_bands(self, x: Option<usize>, y: Option<usize>) -> Stage {
        match self {
            Stage::Conv(conv) => Stage::Conv(conv.in_bands(x, y)),
            Stage::Depthwise(conv) => Stage::Depthwise(conv.in_bands(x, y)),
            Stage::MaxPool(pool) => Stage::MaxPool(pool.in_bands(x, y)),
        }
    }
}

/// Which rows are computed when.
struct Plan {
    /// The most rows of each band, of all results but the last.
    held: Vec<usize>,
    parts: Vec<Part>,
}

impl Plan {
    /// Some rows of the last result at a time, and of the others what these need that is not there yet.
    fn of(stages: &[Stage], inner: &[Map], at_once: usize) -> Plan {
        let last = stages.len() - 1;
        let height = stages[last].maps()[1].height;
        // Of each band, its first row and the one behind its last, as rows of the whole map with its border.
        let mut bands = vec![0..0; last];
        let mut plan = Plan { held: vec![0; last], parts: vec![] };
        for first in (0..height).step_by(at_once.max(1)) {
            let rows = first..(first + at_once).min(height);
            let mut parts = vec![Part {
                stage: last,
                kept: 0..0,
                zeros: vec![],
                rows: Rows { rows: rows.clone(), x: 0, y: 0 },
            }];
            let mut wanted = rows;
            for i in (0..last).rev() {
                let map = &inner[i];
                let need = if wanted.is_empty() { bands[i].clone() } else { stages[i + 1].seen(&wanted) };
                let end = need.end.max(bands[i].end);
                let new = bands[i].end.max(need.start)..end;
                let is_inside = |row: &usize| (map.border.top..map.border.top + map.height).contains(row);
                let inside = new.clone().find(is_inside).unwrap_or(0)
                    ..new.clone().rfind(is_inside).map_or(0, |row| row + 1);
                wanted =
                    inside.start.saturating_sub(map.border.top)..inside.end.saturating_sub(map.border.top);
                let kept = need.start.min(bands[i].end)..bands[i].end;
                parts.push(Part {
                    stage: i,
                    kept: kept.start - bands[i].start..kept.end - bands[i].start,
                    zeros: new.filter(|row| !is_inside(row)).map(|row| row - need.start).collect(),
                    rows: Rows { rows: wanted.clone(), x: 0, y: need.start },
                });
                bands[i] = need.start..end;
                plan.held[i] = plan.held[i].max(end - need.start);
            }
            for part in &mut parts {
                part.rows.x = part.stage.checked_sub(1).map_or(0, |before| bands[before].start);
            }
            plan.parts.extend(parts.into_iter().rev());
        }
        plan
    }

    fn pixels(&self, inner: &[Map]) -> usize {
        inner.iter().zip(&self.held).map(|(map, rows)| map.blocks() * map.row() * rows).sum()
    }
}
