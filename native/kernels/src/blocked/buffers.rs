//! What a kernel reads and writes of an image.

use super::map::{Map, Pixel};
use crate::Error;

/// The buffers of one image, each as long as its map says.
#[derive(Debug)]
pub struct Buffers<'a> {
    /// The input.
    pub x: &'a [Pixel],
    /// What is added to the result, if anything.
    pub residual: Option<&'a [Pixel]>,
    /// The result.
    pub y: &'a mut [Pixel],
}

impl Buffers<'_> {
    /// Refuses buffers of other lengths than the input and the result have pixels, and a residual that is missing or
    /// that nobody asked for.
    pub(super) fn check(
        &self,
        kernel: &'static str,
        [x, y]: [usize; 2],
        residual: Option<Map>,
    ) -> Result<(), Error> {
        let added = self.residual.map(<[Pixel]>::len);
        let wanted = residual.map(|map| map.pixels());
        if self.x.len() == x && self.y.len() == y && added == wanted {
            return Ok(());
        }
        let found = vec![self.x.len(), self.y.len(), added.unwrap_or(0)];
        Err(Error { kernel, what: "buffers", found, expected: vec![x, y, wanted.unwrap_or(0)] })
    }
}
