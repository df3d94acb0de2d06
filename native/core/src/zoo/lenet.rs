//! LeNet in the variant of Caffe: ReLU and more filters (after LeCun et al. 1998).

use firesteel_image::Filter;

use super::{Entry, Preparation};
use crate::network::Network;

/// The one member of the family.
pub(super) fn entries() -> Vec<Entry> {
    let preparation = Preparation {
        short_side: 28,
        filter: Filter::Bilinear,
        crop: 28,
        scale: 1.0 / 255.0,
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    let (input, classes) = ([1, 28, 28], 10);
    vec![Entry { input, classes, preparation, ..Entry::imagenet("lenet", build) }]
}

fn build(input: [usize; 3], classes: usize) -> Network {
    Network::input(&input)
        .conv(20, 5)
        .max_pool(2)
        .conv(50, 5)
        .max_pool(2)
        .flatten()
        .dense(500)
        .relu()
        .dense(classes)
        .build()
}
