//! MobileNet v1 (Howard et al. 2017) with the padding of TensorFlow, in which its weights were trained.

use super::layers::{Layers, conv};
use super::{Entry, Preparation};
use crate::network::{BatchNorm, Conv2d, INPUT, Network, Op, Padding};

/// Channels at full width, and stride, of each block.
const BLOCKS: [(usize, usize); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];

/// The members of the family: width multipliers 1, 0.75, 0.5 and 0.25.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        tensorflow("mobilenet_v1_100", |input, classes| build(input, classes, 4)),
        tensorflow("mobilenet_v1_075", |input, classes| build(input, classes, 3)),
        tensorflow("mobilenet_v1_050", |input, classes| build(input, classes, 2)),
        tensorflow("mobilenet_v1_025", |input, classes| build(input, classes, 1)),
    ]
}

fn tensorflow(name: &'static str, build: fn([usize; 3], usize) -> Network) -> Entry {
    // -1 to 1.
    let preparation =
        Preparation { scale: 1.0 / 127.5, mean: [1.0; 3], std: [1.0; 3], ..Preparation::IMAGENET };
    Entry { preparation, ..Entry::imagenet(name, build) }
}

/// `quarters` is the width multiplier in quarters.
fn build(input: [usize; 3], classes: usize, quarters: usize) -> Network {
    let mut layers = Layers::new(input);
    layers.norm = BatchNorm { eps: 1e-3, ..BatchNorm::default() };
    let same =
        |filters, kernel, stride| Conv2d { padding: Padding::SAME, ..conv(filters, kernel, stride, 0) };
    let mut channels = 32 * quarters / 4;
    let mut x = layers.conv_norm(["conv1".to_owned(), "bn1".to_owned()], same(channels, 3, 2), INPUT);
    x = layers.layer("relu1", Op::Relu6 {}, &x);
    for (i, (full, stride)) in BLOCKS.into_iter().enumerate() {
        let name = format!("blocks.{i}");
        let depthwise = Conv2d { groups: channels, ..same(channels, 3, stride) };
        channels = full * quarters / 4;
        for (part, options) in [("dw", depthwise), ("pw", same(channels, 1, 1))] {
            x = layers.conv_norm([format!("{name}.{part}"), format!("{name}.{part}_bn")], options, &x);
            x = layers.layer(format!("{name}.{part}_relu"), Op::Relu6 {}, &x);
        }
    }
    x = layers.mean_of_maps(&x);
    x = layers.dense("fc", classes, &x);
    layers.build(x)
}
