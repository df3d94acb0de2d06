//! What is known of a network of the zoo.

use firesteel_image::{self as image, Filter};
use serde::Serialize;

use crate::Preprocessing;
use crate::network::Network;

/// A network that many people know.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its name, torchvision's where it has one.
    pub name: &'static str,
    /// The usual shape of one input, `[channels, height, width]`.
    pub input: [usize; 3],
    /// The usual number of classes.
    pub classes: usize,
    /// How its images are prepared.
    pub preparation: Preparation,
    /// Beginnings of the names of weights that its files hold for training alone: import leaves these out.
    pub training_only: &'static [&'static str],
    /// The name of a weight that older files call otherwise.
    #[serde(skip)]
    pub(crate) rename: fn(&str) -> Option<String>,
    /// Makes the network for a shape of input and a number of classes.
    #[serde(skip)]
    pub(super) build: fn([usize; 3], usize) -> Network,
}

/// How an image becomes the input of a network: its short side is resized, the centre is cut out, and each byte `v` of
/// channel `c` becomes `(v * scale - mean[c]) / std[c]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preparation {
    /// Length of the short side after resizing, in pixels.
    pub short_side: usize,
    /// The filter of resizing.
    pub filter: Filter,
    /// Side of the square that is cut out, in pixels.
    pub crop: usize,
    /// Factor of every byte.
    pub scale: f64,
    /// What is subtracted after scaling; one number for grey images, which use the first.
    pub mean: [f64; 3],
    /// What is divided by after that; one number for grey images, which use the first.
    pub std: [f64; 3],
}

impl Preparation {
    /// That of torchvision's ImageNet weights: short side 256, centre 224, bilinear.
    pub(super) const IMAGENET: Preparation = Preparation {
        short_side: 256,
        filter: Filter::Bilinear,
        crop: 224,
        scale: 1.0 / 255.0,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    };
}

impl Entry {
    /// A network for ImageNet with the preparation of torchvision's weights.
    pub(super) fn imagenet(name: &'static str, build: fn([usize; 3], usize) -> Network) -> Entry {
        Entry {
            name,
            input: [3, 224, 224],
            classes: 1000,
            preparation: Preparation::IMAGENET,
            training_only: &[],
            rename: |_| None,
            build,
        }
    }

    /// The same as models have it.
    pub fn preprocessing(&self) -> Preprocessing {
        let Preparation { short_side, filter, crop, scale, mean, std } = self.preparation;
        let channels = self.input[0];
        Preprocessing {
            scale,
            mean: mean[..channels].to_vec(),
            std: std[..channels].to_vec(),
            image: Some(image::Preparation::short_side_and_crop(short_side, crop, filter)),
        }
    }

    /// The network for inputs of a shape `[channels, height, width]`. Nothing has been checked yet:
    /// [`Graph::new`](crate::network::Graph::new) does.
    pub fn network(&self, input: [usize; 3], classes: usize) -> Network {
        (self.build)(input, classes)
    }
}
