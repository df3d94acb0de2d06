//! AlexNet in the one-column variant (Krizhevsky 2014), as in torchvision.

use super::Entry;
use super::layers::{Layers, conv, pool};
use crate::network::{AdaptiveAvgPool2d, INPUT, Network, Op};

/// The one member of the family.
pub(super) fn entries() -> Vec<Entry> {
    vec![Entry::imagenet("alexnet", build)]
}

fn build(input: [usize; 3], classes: usize) -> Network {
    let mut layers = Layers::new(input);
    let mut x = INPUT.to_owned();
    let convolutions = [
        (0, conv(64, 11, 4, 2), true),
        (3, conv(192, 5, 1, 2), true),
        (6, conv(384, 3, 1, 1), false),
        (8, conv(256, 3, 1, 1), false),
        (10, conv(256, 3, 1, 1), true),
    ];
    for (i, options, pooled) in convolutions {
        x = layers.conv(format!("features.{i}"), options, &x);
        x = layers.relu(format!("features.{}", i + 1), &x);
        if pooled {
            x = layers.layer(format!("features.{}", i + 2), Op::MaxPool2d(pool(3, 2)), &x);
        }
    }
    x = layers.layer("avgpool", Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { size: [6, 6] }), &x);
    x = layers.layer("flatten", Op::Flatten {}, &x);
    for i in [0, 3] {
        x = layers.dropout(format!("classifier.{i}"), 0.5, &x);
        x = layers.dense(format!("classifier.{}", i + 1), 4096, &x);
        x = layers.relu(format!("classifier.{}", i + 2), &x);
    }
    x = layers.dense("classifier.6", classes, &x);
    layers.build(x)
}
