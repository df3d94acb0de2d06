//! Pixels as planes of bytes, one for each channel: the layout of a network's input.

use serde::{Deserialize, Serialize};

use crate::Pixels;

/// The order of the planes of a colour image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorOrder {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red.
    Bgr,
}

impl ColorOrder {
    /// The channel of a pixel that a plane holds.
    pub(crate) fn channel(self, plane: usize, channels: usize) -> usize {
        if self == ColorOrder::Bgr { channels - 1 - plane } else { plane }
    }
}

impl Pixels {
    /// The image in planes of so many channels, rows and columns: `channels * rows * columns` bytes.
    pub fn from_planes(planes: &[u8], [channels, height, width]: [usize; 3], order: ColorOrder) -> Pixels {
        let mut data = vec![0; planes.len()];
        for (plane, source) in planes.chunks_exact(height * width).enumerate() {
            let channel = order.channel(plane, channels);
            for (pixel, value) in data.chunks_exact_mut(channels).zip(source) {
                pixel[channel] = *value;
            }
        }
        Pixels { width, height, channels, data }
    }

    /// Writes the image into planes of as many rows and columns.
    pub fn write_planes(&self, order: ColorOrder, out: &mut [u8]) {
        for (plane, out) in out.chunks_exact_mut(self.height * self.width).enumerate() {
            let channel = order.channel(plane, self.channels);
            for (out, pixel) in out.iter_mut().zip(self.data.chunks_exact(self.channels)) {
                *out = pixel[channel];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_hold_a_channel_each_and_come_back() {
        let pixels = Pixels { width: 2, height: 1, channels: 3, data: vec![1, 2, 3, 4, 5, 6] };
        for (order, planes) in [(ColorOrder::Rgb, [1, 4, 2, 5, 3, 6]), (ColorOrder::Bgr, [3, 6, 2, 5, 1, 4])]
        {
            let mut out = [0; 6];
            pixels.write_planes(order, &mut out);
            assert_eq!(out, planes);
            assert_eq!(Pixels::from_planes(&planes, [3, 1, 2], order), pixels);
        }
    }
}
