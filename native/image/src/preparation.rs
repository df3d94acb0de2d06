//! The way from an encoded image to the planes of bytes that a network sees, as a description that models carry.

use serde::{Deserialize, Serialize};

use crate::geometry::{center, centered, fit, short_side};
use crate::{
    Alpha, ColorOrder, DecodeOptions, Error, Filter, Format, Limits, PassOrder, Pixels, Resampling, decode,
    resize,
};

/// How an image is decoded, turned, resized and cropped. The steps come in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Preparation {
    /// The formats that are decoded; default JPEG, PNG and WebP.
    pub formats: Vec<Format>,
    /// What becomes of transparency; by default it is left out.
    pub alpha: Alpha,
    /// Whether the image is turned as its EXIF orientation says; default true.
    pub orient: bool,
    /// How it is resized; by default not at all.
    pub resize: Option<Resize>,
    /// Rows and columns that are cut out of the middle. Where the image is smaller, zeros surround it.
    pub crop: Option<[usize; 2]>,
    /// The filter of resizing; default bilinear.
    pub filter: Filter,
    /// The order of resizing's passes.
    pub pass_order: PassOrder,
    /// The order of the colours of 3 channels; default red, green, blue.
    pub color_order: ColorOrder,
}

/// To which size an image is resized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Resize {
    /// The shorter side to so many pixels, the proportion kept.
    ShortSide(usize),
    /// To so many rows and columns, whatever the proportion.
    Exact([usize; 2]),
    /// To the largest size of the same proportion within so many rows and columns, in the middle of a colour;
    /// what Pillow's `ImageOps.pad` does. Not together with `crop`.
    Letterbox {
        /// Rows and columns.
        size: [usize; 2],
        /// The colour around it: red, green, blue; default black. For one channel, its first value.
        #[serde(default)]
        fill: [u8; 3],
    },
}

impl Default for Preparation {
    fn default() -> Preparation {
        Preparation {
            formats: Format::DEFAULT.to_vec(),
            alpha: Alpha::Drop,
            orient: true,
            resize: None,
            crop: None,
            filter: Filter::default(),
            pass_order: PassOrder::default(),
            color_order: ColorOrder::default(),
        }
    }
}

impl Preparation {
    /// The usual one for ImageNet: the shorter side to `short`, then `crop` rows and columns of the middle.
    pub fn short_side_and_crop(short: usize, crop: usize, filter: Filter) -> Preparation {
        Preparation {
            resize: Some(Resize::ShortSide(short)),
            crop: Some([crop, crop]),
            filter,
            ..Preparation::default()
        }
    }

    /// Refuses a description that does not lead to `[channels, rows, columns]` for every image. One that neither
    /// resizes nor crops is accepted: it takes images of that size alone.
    pub fn check(&self, [channels, height, width]: [usize; 3]) -> Result<(), Error> {
        let problem = |problem: String| Err(Error::Setting { name: "image", problem });
        if !matches!(channels, 1 | 3) {
            return problem(format!("images have 1 or 3 channels, the network's input has {channels}"));
        }
        if self.formats.is_empty() {
            return problem("formats names none".to_owned());
        }
        if self.crop.is_some() && matches!(self.resize, Some(Resize::Letterbox { .. })) {
            return problem("letterbox and crop exclude each other".to_owned());
        }
        let sizes = match &self.resize {
            None => vec![],
            Some(Resize::ShortSide(short)) => vec![[*short, *short]],
            Some(Resize::Exact(size) | Resize::Letterbox { size, .. }) => vec![*size],
        };
        if let Some(bad) = sizes
            .iter()
            .chain(&self.crop)
            .find(|size| size.contains(&0) || size.iter().any(|&s| s > MAX_SIDE))
        {
            return problem(format!("{bad:?} rows and columns are not within 1 to {MAX_SIDE}"));
        }
        let result = match (&self.crop, &self.resize) {
            (Some(crop), _) => *crop,
            (None, Some(Resize::Exact(size) | Resize::Letterbox { size, .. })) => *size,
            (None, Some(Resize::ShortSide(_))) => {
                return problem("shortSide without crop gives images of several sizes".to_owned());
            }
            (None, None) => [height, width],
        };
        if result != [height, width] {
            return problem(format!(
                "it gives {} rows and {} columns, the network's input has {height} and {width}",
                result[0], result[1]
            ));
        }
        Ok(())
    }

    /// Prepares an encoded image for `channels` planes of `height` rows of `width` bytes.
    pub fn prepare(
        &self,
        bytes: &[u8],
        [channels, height, width]: [usize; 3],
        limits: &Limits,
    ) -> Result<Prepared, Error> {
        self.check([channels, height, width])?;
        let options =
            DecodeOptions { formats: self.formats.clone(), channels, alpha: self.alpha, orient: self.orient };
        self.lay_out(&decode(bytes, &options, limits)?, [height, width], limits)
    }

    /// Resizes and crops to `wanted` rows and columns.
    fn lay_out(&self, pixels: &Pixels, wanted: [usize; 2], limits: &Limits) -> Result<Prepared, Error> {
        let found = [pixels.height, pixels.width];
        let scaled = match &self.resize {
            None if self.crop.is_none() && found != wanted => return Err(Error::Size { found, wanted }),
            None => found,
            Some(Resize::ShortSide(short)) => short_side(found, *short),
            Some(Resize::Exact(size)) => *size,
            Some(Resize::Letterbox { size, .. }) => fit(found, *size),
        };
        let letterbox = match &self.resize {
            Some(Resize::Letterbox { fill, .. }) => Some(*fill),
            _ => None,
        };
        let places = [0, 1].map(|axis| match letterbox {
            Some(_) => (0, centered(scaled[axis], wanted[axis])),
            None => center(scaled[axis], wanted[axis]),
        });
        let region = [0, 1].map(|axis| {
            let (start, _) = places[axis];
            start..(start + wanted[axis]).min(scaled[axis])
        });
        let resampling = Resampling { filter: self.filter, pass_order: self.pass_order };
        let pixels = resize(pixels, scaled, region, resampling, limits)?;
        Ok(Prepared {
            pixels,
            at: places.map(|(_, before)| before),
            size: wanted,
            fill: letterbox.unwrap_or([0; 3]),
            order: self.color_order,
        })
    }
}

/// The longest side that a description may ask for.
const MAX_SIDE: usize = 1 << 14;

/// A prepared image, as planes that are written row by row where they are wanted.
#[derive(Debug)]
pub struct Prepared {
    pixels: Pixels,
    /// The row and the column of the result at which the pixels begin.
    at: [usize; 2],
    /// Rows and columns of the result.
    size: [usize; 2],
    fill: [u8; 3],
    order: ColorOrder,
}

impl Prepared {
    /// Writes a row of a plane: of `out` as many bytes as the result has columns. Panics where there is no such plane, or
    /// where `out` is too short for the image within.
    pub fn write_row(&self, plane: usize, row: usize, out: &mut [u8]) {
        let Prepared { pixels, at: [top, left], fill, .. } = self;
        let channel = self.order.channel(plane, pixels.channels);
        let line = row.checked_sub(*top).filter(|&line| line < pixels.height);
        if line.is_none() || pixels.width < out.len() {
            out.fill(fill[channel]);
        }
        let Some(line) = line else { return };
        let source = pixels.data.chunks_exact(pixels.width * pixels.channels).nth(line).unwrap_or_default();
        for (out, pixel) in out[*left..].iter_mut().zip(source.chunks_exact(pixels.channels)) {
            *out = pixel[channel];
        }
    }

    /// Writes all planes one behind the other. Panics where `out` has other than as many bytes as these have in all.
    pub fn write(&self, out: &mut [u8]) {
        let [height, width] = self.size;
        for (line, row) in out.chunks_exact_mut(width).enumerate() {
            self.write_row(line / height, line % height, row);
        }
    }
}
