//! VGG with and without batch normalisation (Simonyan and Zisserman 2014), as in torchvision.

use super::Entry;
use super::layers::{Layers, conv, pool};
use crate::network::{AdaptiveAvgPool2d, INPUT, Network, Op};

/// The members of the family.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::imagenet("vgg11", |input, classes| build(input, classes, [1, 1, 2, 2, 2], false)),
        Entry::imagenet("vgg13", |input, classes| build(input, classes, [2, 2, 2, 2, 2], false)),
        Entry::imagenet("vgg16", |input, classes| build(input, classes, [2, 2, 3, 3, 3], false)),
        Entry::imagenet("vgg19", |input, classes| build(input, classes, [2, 2, 4, 4, 4], false)),
        Entry::imagenet("vgg11_bn", |input, classes| build(input, classes, [1, 1, 2, 2, 2], true)),
        Entry::imagenet("vgg13_bn", |input, classes| build(input, classes, [2, 2, 2, 2, 2], true)),
        Entry::imagenet("vgg16_bn", |input, classes| build(input, classes, [2, 2, 3, 3, 3], true)),
        Entry::imagenet("vgg19_bn", |input, classes| build(input, classes, [2, 2, 4, 4, 4], true)),
    ]
}

/// `repeats` is the number of convolutions before each pool.
fn build(input: [usize; 3], classes: usize, repeats: [usize; 5], norm: bool) -> Network {
    let mut layers = Layers::new(input);
    let mut x = INPUT.to_owned();
    let mut numbers = 0..;
    let mut next = || format!("features.{}", numbers.next().unwrap_or_default());
    for (repeats, filters) in repeats.into_iter().zip([64, 128, 256, 512, 512]) {
        for _ in 0..repeats {
            x = layers.conv(next(), conv(filters, 3, 1, 1), &x);
            if norm {
                x = layers.batch_norm(next(), &x);
            }
            x = layers.relu(next(), &x);
        }
        x = layers.layer(next(), Op::MaxPool2d(pool(2, 2)), &x);
    }
    x = layers.layer("avgpool", Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { size: [7, 7] }), &x);
    x = layers.layer("flatten", Op::Flatten {}, &x);
    for i in [0, 3] {
        x = layers.dense(format!("classifier.{i}"), 4096, &x);
        x = layers.relu(format!("classifier.{}", i + 1), &x);
        x = layers.dropout(format!("classifier.{}", i + 2), 0.5, &x);
    }
    x = layers.dense("classifier.6", classes, &x);
    layers.build(x)
}
