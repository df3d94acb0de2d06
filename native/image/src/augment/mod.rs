//! Random changes of training images: torchvision's transforms in Pillow's arithmetic, drawn from a generator that the
//! caller gives.

pub mod color;
pub mod geometric;

use std::ops::{Range, RangeInclusive};

use rand::{Rng, RngExt, seq::SliceRandom};
use serde::{Deserialize, Serialize};

use crate::{Error, Filter, Limits, Pixels, Resampling, resize};
use geometric::{crop, flip_columns, pad, rotate, shift};

/// One random change. Sizes are rows and columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Augmentation {
    /// A part of that size, anywhere, after so many zeros were put around the image: `RandomCrop`.
    RandomCrop {
        /// Of the result.
        size: [usize; 2],
        /// Zeros on each side; default 0.
        #[serde(default)]
        padding: usize,
    },
    /// A part of random area and proportion, resized bilinearly: `RandomResizedCrop`.
    RandomResizedCrop {
        /// Of the result.
        size: [usize; 2],
        /// Least and largest share of the image's area; default 0.08 to 1.
        #[serde(default = "default_scale")]
        scale: [f64; 2],
        /// Least and largest width / height; default 3/4 to 4/3.
        #[serde(default = "default_ratio")]
        ratio: [f64; 2],
    },
    /// Left and right exchanged: `RandomHorizontalFlip`.
    RandomHorizontalFlip {
        /// How often; default 0.5.
        #[serde(default = "half")]
        probability: f64,
    },
    /// Moved by up to these shares of the height and the width, zeros moving in: `RandomAffine`'s `translate`.
    RandomShift {
        /// Share of the height, 0 to 1.
        rows: f64,
        /// Share of the width, 0 to 1.
        columns: f64,
    },
    /// Turned about its centre by up to so many degrees either way, zeros in the corners, by the nearest pixel:
    /// `RandomRotation`.
    RandomRotation {
        /// The largest angle, 0 to 180.
        degrees: f64,
    },
    /// Brightness, contrast, saturation and hue changed in a random order: `ColorJitter`. Each number is how far the
    /// factor may be from 1; of the hue, from 0, at most 0.5. Grey images have neither saturation nor hue.
    ColorJitter {
        /// Of the brightness; default 0.
        #[serde(default)]
        brightness: f64,
        /// Of the contrast; default 0.
        #[serde(default)]
        contrast: f64,
        /// Of the saturation; default 0.
        #[serde(default)]
        saturation: f64,
        /// Of the hue; default 0.
        #[serde(default)]
        hue: f64,
    },
}

fn default_scale() -> [f64; 2] {
    [0.08, 1.0]
}

fn default_ratio() -> [f64; 2] {
    [3.0 / 4.0, 4.0 / 3.0]
}

fn half() -> f64 {
    0.5
}

impl Augmentation {
    /// Its name, as JSON has it.
    pub fn name(&self) -> &'static str {
        use Augmentation::*;
        match self {
            RandomCrop { .. } => "randomCrop",
            RandomResizedCrop { .. } => "randomResizedCrop",
            RandomHorizontalFlip { .. } => "randomHorizontalFlip",
            RandomShift { .. } => "randomShift",
            RandomRotation { .. } => "randomRotation",
            ColorJitter { .. } => "colorJitter",
        }
    }

    /// The size that it gives every image, whatever the image's own; nothing where that one stays.
    pub fn size(&self) -> Option<[usize; 2]> {
        match *self {
            Augmentation::RandomCrop { size, .. } | Augmentation::RandomResizedCrop { size, .. } => {
                Some(size)
            }
            _ => None,
        }
    }

    /// Refuses numbers out of their range, and a crop out of images of `rows` and `columns` that are too small for it.
    pub fn check(&self, [rows, columns]: [usize; 2]) -> Result<(), Error> {
        use Augmentation::*;
        let share = 0.0..=1.0;
        match self {
            RandomCrop { size, padding } => {
                check_size("size", *size)?;
                let padded = [rows, columns].map(|side| side.saturating_add(padding.saturating_mul(2)));
                check_size("padding", padded)?;
                if size[0] <= padded[0] && size[1] <= padded[1] {
                    return Ok(());
                }
                let problem =
                    format!("{size:?} rows and columns cannot be cut out of {padded:?}: use padding");
                Err(Error::setting("size", problem))
            }
            RandomResizedCrop { size, scale, ratio } => {
                check_size("size", *size)?;
                within("scale", scale[0], f64::MIN_POSITIVE..=scale[1])?;
                within("scale", scale[1], scale[0]..=1.0)?;
                within("ratio", ratio[0], f64::MIN_POSITIVE..=ratio[1])?;
                within("ratio", ratio[1], ratio[0]..=f64::MAX)
            }
            RandomHorizontalFlip { probability } => within("probability", *probability, share),
            RandomShift { rows, columns } => {
                within("rows", *rows, share.clone())?;
                within("columns", *columns, share)
            }
            RandomRotation { degrees } => within("degrees", *degrees, 0.0..=180.0),
            ColorJitter { brightness, contrast, saturation, hue } => {
                for (name, value) in
                    [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)]
                {
                    within(name, *value, 0.0..=1000.0)?;
                }
                within("hue", *hue, 0.0..=0.5)
            }
        }
    }

    /// The changed image. The numbers that are drawn depend on the image's size alone.
    pub fn apply(&self, pixels: Pixels, random: &mut impl Rng) -> Result<Pixels, Error> {
        use Augmentation::*;
        self.check([pixels.height, pixels.width])?;
        Ok(match *self {
            RandomCrop { size, padding } => random_crop(&pad(pixels, padding), size, random),
            RandomResizedCrop { size, scale, ratio } => {
                let part = random_part([pixels.height, pixels.width], scale, ratio, random);
                let resampling = Resampling { filter: Filter::Bilinear, ..Resampling::default() };
                let whole = [0..size[0], 0..size[1]];
                resize(&crop(&pixels, part), size, whole, resampling, &Limits::DEFAULT)?
            }
            RandomHorizontalFlip { probability } => {
                if random.random_bool(probability) {
                    flip_columns(pixels)
                } else {
                    pixels
                }
            }
            RandomShift { rows, columns } => {
                let mut up_to = |most: f64| random.random_range(-most..=most).round_ties_even() as isize;
                let (rows, columns) =
                    (up_to(rows * pixels.height as f64), up_to(columns * pixels.width as f64));
                shift(&pixels, rows, columns)
            }
            RandomRotation { degrees } => rotate(&pixels, random.random_range(-degrees..=degrees)),
            ColorJitter { brightness, contrast, saturation, hue } => {
                jitter(pixels, [brightness, contrast, saturation], hue, random)
            }
        })
    }
}

/// A part anywhere; it is no larger than the image.
fn random_crop(pixels: &Pixels, size: [usize; 2], random: &mut impl Rng) -> Pixels {
    let mut place = |length: usize, part: usize| {
        let start = random.random_range(0..=length - part);
        start..start + part
    };
    let rows = place(pixels.height, size[0]);
    let columns = place(pixels.width, size[1]);
    crop(pixels, [rows, columns])
}

/// A part whose area and proportion are as given; after 10 failures the largest one in the middle.
pub(crate) fn random_part(
    [height, width]: [usize; 2],
    scale: [f64; 2],
    ratio: [f64; 2],
    random: &mut impl Rng,
) -> [Range<usize>; 2] {
    let round = |side: f64| side.round_ties_even() as usize;
    for _ in 0..10 {
        let area = (height * width) as f64 * random.random_range(scale[0]..=scale[1]);
        let proportion = random.random_range(ratio[0].ln()..=ratio[1].ln()).exp();
        let (w, h) = (round((area * proportion).sqrt()), round((area / proportion).sqrt()));
        if (1..=width).contains(&w) && (1..=height).contains(&h) {
            let top = random.random_range(0..=height - h);
            let left = random.random_range(0..=width - w);
            return [top..top + h, left..left + w];
        }
    }
    let found = width as f64 / height as f64;
    let (h, w) = if found < ratio[0] {
        (round(width as f64 / ratio[0]).clamp(1, height), width)
    } else if found > ratio[1] {
        (height, round(height as f64 * ratio[1]).clamp(1, width))
    } else {
        (height, width)
    };
    let (top, left) = ((height - h) / 2, (width - w) / 2);
    [top..top + h, left..left + w]
}

fn jitter(mut pixels: Pixels, strengths: [f64; 3], hue: f64, random: &mut impl Rng) -> Pixels {
    let mut order = [0, 1, 2, 3];
    order.shuffle(random);
    // torchvision draws all factors before it uses the first.
    let factors = strengths.map(|strength| random.random_range((1.0 - strength).max(0.0)..=1.0 + strength));
    let turn = random.random_range(-hue..=hue);
    for step in order {
        match step {
            0 if strengths[0] > 0.0 => color::brightness(&mut pixels, factors[0]),
            1 if strengths[1] > 0.0 => color::contrast(&mut pixels, factors[1]),
            2 if strengths[2] > 0.0 => color::saturation(&mut pixels, factors[2]),
            3 if hue > 0.0 => color::hue(&mut pixels, turn),
            _ => {}
        }
    }
    pixels
}

/// Refuses sizes without pixels, and those that would take more memory than any image may.
fn check_size(name: &'static str, [rows, columns]: [usize; 2]) -> Result<(), Error> {
    let most = Limits::default().max_pixels;
    if (1..=most).contains(&rows.saturating_mul(columns)) {
        return Ok(());
    }
    let problem = format!("{rows} rows and {columns} columns are not within 1 to {most} pixels");
    Err(Error::setting(name, problem))
}

fn within(name: &'static str, value: f64, range: RangeInclusive<f64>) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Error::setting(name, format!("{value} is not within {} to {}", range.start(), range.end())))
}
