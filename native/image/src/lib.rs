//! Encoded images to pixels, within limits, equal to Pillow's bit for bit. Knows no network and no JVM.
//!
//! [`info`] reads a header, [`decode`] gives [`Pixels`], [`resize()`] resizes them; a [`Preparation`] describes the
//! whole way from an encoded image to the planes that a network sees.

pub mod augment;
mod decode;
mod encode;
mod error;
mod format;
mod frame;
pub mod geometry;
mod header;
mod limits;
mod orientation;
mod pixels;
mod planes;
mod preparation;
mod resize;

pub use decode::{Alpha, DecodeOptions, decode};
pub use encode::{encode_png, resize_to_png};
pub use error::Error;
pub use format::Format;
pub use header::{Info, info};
pub use limits::Limits;
pub use pixels::Pixels;
pub use planes::ColorOrder;
pub use preparation::{Preparation, Prepared, Resize};
pub use resize::{Filter, PassOrder, Resampling, resize};

#[cfg(test)]
mod tests;
