//! Pixels to PNG.

use std::io::{self, Write};

use ::png::{BitDepth, ColorType, Encoder, EncodingError};

use crate::{DecodeOptions, Error, Format, Limits, Pixels, Resampling, decode, info, resize};

/// Bytes of a chunk of the file.
const CHUNK: usize = 1 << 15;

/// An encoded image turned upright and resized to `size` (rows, columns), bilinearly, as a PNG file: grey where the
/// image is. All that is held at a time counts against the limits.
pub fn resize_to_png(bytes: &[u8], size: [usize; 2], limits: &Limits) -> Result<Vec<u8>, Error> {
    let channels = if info(bytes, limits)?.channels <= 2 { 1 } else { 3 };
    let pixels = decode(bytes, &DecodeOptions { channels, ..DecodeOptions::default() }, limits)?;
    let resized = resize(&pixels, size, [0..size[0], 0..size[1]], Resampling::default(), limits)?;
    drop(pixels);
    encode_png(&resized, limits)
}

/// The image as a PNG file of 8 bits. The pixels and the file must find room within the limits.
pub fn encode_png(pixels: &Pixels, limits: &Limits) -> Result<Vec<u8>, Error> {
    let side = |side: usize| {
        u32::try_from(side).map_err(|_| Error::setting("pixels", format!("a side has {side} pixels")))
    };
    let size = [side(pixels.width)?, side(pixels.height)?];
    let mut file = File { bytes: vec![], beside: pixels.data.len(), limits, refused: None };
    let written = write(pixels, size, &mut file);
    match file.refused {
        Some(error) => Err(error),
        None => written.map(|()| file.bytes).map_err(|e| Error::damaged(Format::Png, e)),
    }
}

/// Chunk by chunk, so that the compressed image is there once.
fn write(pixels: &Pixels, [width, height]: [u32; 2], file: &mut File) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(file, width, height);
    encoder.set_color(if pixels.channels == 1 { ColorType::Grayscale } else { ColorType::Rgb });
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let mut chunks = writer.stream_writer_with_size(CHUNK)?;
    chunks.write_all(&pixels.data)?;
    chunks.finish()?;
    writer.finish()
}

/// A file that grows within the limits.
struct File<'a> {
    bytes: Vec<u8>,
    /// Bytes that are taken beside it.
    beside: usize,
    limits: &'a Limits,
    /// Why it could not grow, which the encoder tells as words alone.
    refused: Option<Error>,
}

impl File<'_> {
    /// Makes room for so many bytes more. Where the file moves, both places count.
    fn grow(&mut self, more: usize) -> Result<(), Error> {
        let (length, capacity) = (self.bytes.len(), self.bytes.capacity());
        if capacity - length >= more {
            return Ok(());
        }
        let wanted = length + more.max(length);
        self.limits.check_allocation((self.beside + capacity + wanted) as u64)?;
        self.limits.reserve(&mut self.bytes, wanted - length)
    }
}

impl Write for File<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.grow(bytes.len()) {
            let failure = io::Error::other(error.to_string());
            self.refused = Some(error);
            return Err(failure);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
