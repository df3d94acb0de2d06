//! Which chunks of a file the decoder reads for the one image that it makes, and what it will hold for them.

use super::budget::Budget;
use super::damaged;
use super::lossless::Lossless;
use crate::header::webp::{Chunk, Chunks, lossy, sides};
use crate::{Error, Limits};

/// Bytes before the chunks of a frame: its place, size, duration and flags.
const BEFORE_CHUNKS: usize = 16;

/// Bytes of a pixel of the canvas of an animation, and of a frame that is laid on it.
const PIXEL: u64 = 4;

/// What the decoder says of the file.
pub(super) struct Canvas {
    /// Columns and rows.
    pub(super) size: [usize; 2],
    /// Bytes of what it gives.
    pub(super) output: u64,
    pub(super) animated: bool,
    pub(super) alpha: bool,
}

/// What the decoder reads.
struct Source<'a> {
    /// Columns and rows of what is encoded: of the image, or of an animation's first frame.
    size: [usize; 2],
    image: Chunk<'a>,
    /// The alpha of a lossy image.
    alpha: Option<Chunk<'a>>,
}

/// Refuses a file that takes the decoder more memory than is accepted. Of damage that the decoder itself will find
/// before it holds anything, some is left to it.
pub(super) fn check(bytes: &[u8], canvas: &Canvas, limits: &Limits) -> Result<(), Error> {
    let mut budget = Budget::new(limits);
    budget.take(canvas.output)?;
    let source = if canvas.animated { of_frame(bytes, canvas) } else { of_still(bytes, canvas) };
    let Some(source) = source else { return Ok(()) };
    if canvas.animated {
        // When the frame is laid on the canvas, what it was decoded from is gone.
        let both = PIXEL * (pixels(source.size) + pixels(canvas.size));
        limits.check_allocation(canvas.output + both)?;
    }
    source.check(&mut budget)
}

/// Of an animation: the first chunk of its first frame, and where that is alpha, the next.
fn of_frame<'a>(bytes: &'a [u8], canvas: &Canvas) -> Option<Source<'a>> {
    let frame = top(bytes)?.find(|chunk| &chunk.name == b"ANMF")?;
    let size = sides(frame.content, 6)?;
    let fits = size[0] <= canvas.size[0] && size[1] <= canvas.size[1];
    let mut chunks = Chunks { bytes, at: frame.start + BEFORE_CHUNKS };
    let first = chunks.next().filter(|_| fits)?;
    match &first.name {
        b"ALPH" => Some(Source { size, image: chunks.next()?, alpha: Some(first) }),
        b"VP8 " | b"VP8L" => Some(Source { size, image: first, alpha: None }),
        _ => None,
    }
}

/// Of any other: a lossless image, else a lossy one with or without alpha. The decoder takes them from a frame, too.
fn of_still<'a>(bytes: &'a [u8], canvas: &Canvas) -> Option<Source<'a>> {
    let find = |name: &[u8; 4]| {
        let in_frame = |frame: Chunk<'a>| {
            let end = frame.start + frame.content.len();
            let chunks = Chunks { bytes, at: frame.start + BEFORE_CHUNKS };
            let second = chunks.clone().nth(1).filter(|chunk| chunk.start <= end);
            chunks.take(1).chain(second).find(|chunk| &chunk.name == name)
        };
        let direct = top(bytes)?.find(|chunk| &chunk.name == name);
        direct.or_else(|| top(bytes)?.find(|chunk| &chunk.name == b"ANMF").and_then(in_frame))
    };
    let size = canvas.size;
    if let Some(image) = find(b"VP8L") {
        return Some(Source { size, image, alpha: None });
    }
    let alpha = if canvas.alpha { find(b"ALPH") } else { None };
    Some(Source { size, image: find(b"VP8 ")?, alpha })
}

/// The chunks as far as the decoder looks for them: the first alone, unless it is an extended header, and then those
/// that begin within the length of the whole.
fn top(bytes: &[u8]) -> Option<impl Iterator<Item = Chunk<'_>>> {
    let whole = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    let mut chunks = Chunks::of(bytes);
    let first = chunks.next()?;
    let end = if &first.name == b"VP8X" { chunks.at + whole.saturating_sub(12) } else { 0 };
    Some(std::iter::once(first).chain(chunks.take_while(move |chunk| chunk.start - 8 < end)))
}

impl Source<'_> {
    /// Takes from the budget what the decoder holds at a time to decode it.
    fn check(&self, budget: &mut Budget) -> Result<(), Error> {
        let pixels = pixels(self.size);
        if &self.image.name == b"VP8L" {
            budget.take(4 * pixels)?;
            let mut stream = Lossless::new(self.image.content, budget);
            stream.read_header(self.size)?;
            return stream.read(self.size);
        }
        // The decoder would find out too late: the image may be far larger.
        if lossy(self.image.content).is_none_or(|(width, height, _)| [width, height] != self.size) {
            return Err(damaged("its lossy image has another size than it says"));
        }
        // Brightness of whole blocks of 16 x 16, and two colours for every fourth pixel. Its bytes are gathered in a
        // vector that doubles, and copied.
        let whole_blocks = self.size.map(|side| side.next_multiple_of(16) as u64);
        budget.take(whole_blocks[0] * whole_blocks[1] * 3 / 2 + 3 * self.image.content.len() as u64)?;
        match self.alpha.as_ref().and_then(|alpha| alpha.content.split_first()) {
            Some((flags, stream)) if flags & 3 == 1 => {
                // It is decoded to pixels, of which the green is taken.
                budget.take((4 + 1) * pixels)?;
                Lossless::new(stream, budget).read(self.size)
            }
            Some(_) => budget.take(pixels),
            None => Ok(()),
        }
    }
}

fn pixels([width, height]: [usize; 2]) -> u64 {
    width as u64 * height as u64
}
