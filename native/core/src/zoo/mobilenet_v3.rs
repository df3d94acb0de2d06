//! MobileNet v3 (Howard et al. 2019), as in torchvision.

use super::Entry;
use super::layers::{Layers, conv, multiple_of_8};
use crate::network::{BatchNorm, Conv2d, INPUT, Network, Op};

/// A block: kernel, expanded channels, output channels, squeeze and excitation, hard swish instead of ReLU, stride.
type Block = (usize, usize, usize, bool, bool, usize);

const SMALL: [Block; 11] = [
    (3, 16, 16, true, false, 2),
    (3, 72, 24, false, false, 2),
    (3, 88, 24, false, false, 1),
    (5, 96, 40, true, true, 2),
    (5, 240, 40, true, true, 1),
    (5, 240, 40, true, true, 1),
    (5, 120, 48, true, true, 1),
    (5, 144, 48, true, true, 1),
    (5, 288, 96, true, true, 2),
    (5, 576, 96, true, true, 1),
    (5, 576, 96, true, true, 1),
];

const LARGE: [Block; 15] = [
    (3, 16, 16, false, false, 1),
    (3, 64, 24, false, false, 2),
    (3, 72, 24, false, false, 1),
    (5, 72, 40, true, false, 2),
    (5, 120, 40, true, false, 1),
    (5, 120, 40, true, false, 1),
    (3, 240, 80, false, true, 2),
    (3, 200, 80, false, true, 1),
    (3, 184, 80, false, true, 1),
    (3, 184, 80, false, true, 1),
    (3, 480, 112, true, true, 1),
    (3, 672, 112, true, true, 1),
    (5, 672, 160, true, true, 2),
    (5, 960, 160, true, true, 1),
    (5, 960, 160, true, true, 1),
];

/// The members of the family.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::imagenet("mobilenet_v3_small", |input, classes| build(input, classes, &SMALL, 1024)),
        Entry::imagenet("mobilenet_v3_large", |input, classes| build(input, classes, &LARGE, 1280)),
    ]
}

/// `last` is the number of units before the classes.
fn build(input: [usize; 3], classes: usize, blocks: &[Block], last: usize) -> Network {
    let mut layers = Layers::new(input);
    layers.norm = BatchNorm { eps: 1e-3, momentum: 0.01 };
    let mut x = conv_norm(&mut layers, "features.0", conv(16, 3, 2, 1), Some(Op::HardSwish {}), INPUT);
    let (mut channels, mut number) = (16, 1);
    for options in blocks {
        x = block(&mut layers, &format!("features.{number}"), channels, options, &x);
        (channels, number) = (options.2, number + 1);
    }
    let name = format!("features.{number}");
    x = conv_norm(&mut layers, &name, conv(6 * channels, 1, 1, 0), Some(Op::HardSwish {}), &x);
    x = layers.mean_of_maps(&x);
    x = layers.dense("classifier.0", last, &x);
    x = layers.layer("classifier.1", Op::HardSwish {}, &x);
    x = layers.dropout("classifier.2", 0.2, &x);
    x = layers.dense("classifier.3", classes, &x);
    layers.build(x)
}

fn block(layers: &mut Layers, name: &str, channels: usize, options: &Block, from: &str) -> String {
    let &(kernel, expanded, filters, excitation, swish, stride) = options;
    let activation = || Some(if swish { Op::HardSwish {} } else { Op::Relu {} });
    let mut parts = 0..;
    let mut next = || format!("{name}.block.{}", parts.next().unwrap_or_default());
    let mut x = from.to_owned();
    if expanded != channels {
        x = conv_norm(layers, &next(), conv(expanded, 1, 1, 0), activation(), &x);
    }
    let depthwise = Conv2d { groups: expanded, ..conv(expanded, kernel, stride, kernel / 2) };
    x = conv_norm(layers, &next(), depthwise, activation(), &x);
    if excitation {
        let sizes = [expanded, multiple_of_8(expanded / 4)];
        x = layers.squeeze_excitation(&next(), sizes, [Op::Relu {}, Op::HardSigmoid {}], &x);
    }
    x = conv_norm(layers, &next(), conv(filters, 1, 1, 0), None, &x);
    if stride == 1 && channels == filters {
        x = layers.join(format!("{name}.add"), Op::Add {}, &[from, &x]);
    }
    x
}

fn conv_norm(layers: &mut Layers, name: &str, options: Conv2d, activation: Option<Op>, from: &str) -> String {
    let x = layers.conv_norm([format!("{name}.0"), format!("{name}.1")], options, from);
    match activation {
        Some(op) => layers.layer(format!("{name}.2"), op, &x),
        None => x,
    }
}
