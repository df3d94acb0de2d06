//! EfficientNet-B0 (Tan and Le 2019), as in torchvision. Its stochastic depth, by which training leaves blocks out at
//! random, is not part of the network.

use super::layers::{Layers, conv};
use firesteel_image::Filter;

use super::{Entry, Preparation};
use crate::network::{Conv2d, INPUT, Network, Op};

/// Expansion, kernel, stride of the first block, channels, and number of blocks of each stage.
const STAGES: [[usize; 5]; 7] = [
    [1, 3, 1, 16, 1],
    [6, 3, 2, 24, 2],
    [6, 5, 2, 40, 2],
    [6, 3, 2, 80, 3],
    [6, 5, 1, 112, 3],
    [6, 5, 2, 192, 4],
    [6, 3, 1, 320, 1],
];

/// The one member of the family.
pub(super) fn entries() -> Vec<Entry> {
    let preparation = Preparation { filter: Filter::Bicubic, ..Preparation::IMAGENET };
    vec![Entry { preparation, ..Entry::imagenet("efficientnet_b0", build) }]
}

fn build(input: [usize; 3], classes: usize) -> Network {
    let mut layers = Layers::new(input);
    let mut x = conv_norm_silu(&mut layers, "features.0", conv(32, 3, 2, 1), INPUT);
    let mut channels = 32;
    for (stage, [expansion, kernel, stride, filters, blocks]) in (1..).zip(STAGES) {
        for i in 0..blocks {
            let stride = if i == 0 { stride } else { 1 };
            let name = format!("features.{stage}.{i}");
            let depthwise = conv(channels * expansion, kernel, stride, kernel / 2);
            x = block(&mut layers, &name, [channels, filters], depthwise, &x);
            channels = filters;
        }
    }
    x = conv_norm_silu(&mut layers, "features.8", conv(1280, 1, 1, 0), &x);
    x = layers.mean_of_maps(&x);
    x = layers.dropout("classifier.0", 0.2, &x);
    x = layers.dense("classifier.1", classes, &x);
    layers.build(x)
}

/// An inverted residual from some channels to others, with squeeze and excitation.
fn block(
    layers: &mut Layers,
    name: &str,
    [channels, filters]: [usize; 2],
    depthwise: Conv2d,
    from: &str,
) -> String {
    let (wide, stride) = (depthwise.filters, depthwise.stride);
    let mut parts = 0..;
    let mut next = || format!("{name}.block.{}", parts.next().unwrap_or_default());
    let mut x = from.to_owned();
    if wide != channels {
        x = conv_norm_silu(layers, &next(), conv(wide, 1, 1, 0), &x);
    }
    x = conv_norm_silu(layers, &next(), Conv2d { groups: wide, ..depthwise }, &x);
    x = layers.squeeze_excitation(&next(), [wide, channels / 4], [Op::Silu {}, Op::Sigmoid {}], &x);
    let last = next();
    x = layers.conv_norm([format!("{last}.0"), format!("{last}.1")], conv(filters, 1, 1, 0), &x);
    if stride == [1, 1] && channels == filters {
        x = layers.join(format!("{name}.add"), Op::Add {}, &[from, &x]);
    }
    x
}

fn conv_norm_silu(layers: &mut Layers, name: &str, options: Conv2d, from: &str) -> String {
    let x = layers.conv_norm([format!("{name}.0"), format!("{name}.1")], options, from);
    layers.layer(format!("{name}.2"), Op::Silu {}, &x)
}
