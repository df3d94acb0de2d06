//! MobileNet v2 (Sandler et al. 2018), as in torchvision.

use super::Entry;
use super::layers::{Layers, conv};
use crate::network::{Conv2d, INPUT, Network, Op};

/// Expansion, channels, number of blocks, and stride of the first of them.
const STAGES: [[usize; 4]; 7] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];

/// The one member of the family.
pub(super) fn entries() -> Vec<Entry> {
    vec![Entry::imagenet("mobilenet_v2", build)]
}

fn build(input: [usize; 3], classes: usize) -> Network {
    let mut layers = Layers::new(input);
    let mut x = conv_norm_relu6(&mut layers, "features.0", conv(32, 3, 2, 1), INPUT);
    let (mut channels, mut number) = (32, 1);
    for [expansion, filters, blocks, stride] in STAGES {
        for i in 0..blocks {
            let stride = if i == 0 { stride } else { 1 };
            let name = format!("features.{number}");
            x = block(&mut layers, &name, expansion, [channels, filters], stride, &x);
            channels = filters;
            number += 1;
        }
    }
    x = conv_norm_relu6(&mut layers, &format!("features.{number}"), conv(1280, 1, 1, 0), &x);
    x = layers.mean_of_maps(&x);
    x = layers.dropout("classifier.0", 0.2, &x);
    x = layers.dense("classifier.1", classes, &x);
    layers.build(x)
}

/// An inverted residual from some channels to others.
fn block(
    layers: &mut Layers,
    name: &str,
    expansion: usize,
    [channels, filters]: [usize; 2],
    stride: usize,
    from: &str,
) -> String {
    let wide = channels * expansion;
    let mut parts = vec![Conv2d { groups: wide, ..conv(wide, 3, stride, 1) }];
    if expansion > 1 {
        parts.insert(0, conv(wide, 1, 1, 0));
    }
    let (mut x, last) = (from.to_owned(), parts.len());
    for (i, options) in parts.into_iter().enumerate() {
        x = conv_norm_relu6(layers, &format!("{name}.conv.{i}"), options, &x);
    }
    let names = [format!("{name}.conv.{last}"), format!("{name}.conv.{}", last + 1)];
    x = layers.conv_norm(names, conv(filters, 1, 1, 0), &x);
    if stride == 1 && channels == filters {
        x = layers.join(format!("{name}.add"), Op::Add {}, &[from, &x]);
    }
    x
}

fn conv_norm_relu6(layers: &mut Layers, name: &str, options: Conv2d, from: &str) -> String {
    let x = layers.conv_norm([format!("{name}.0"), format!("{name}.1")], options, from);
    layers.layer(format!("{name}.2"), Op::Relu6 {}, &x)
}
