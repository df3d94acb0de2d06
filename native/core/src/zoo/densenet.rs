//! DenseNet (Huang et al. 2016), as in torchvision.

use super::Entry;
use super::layers::{Layers, conv, pool};
use crate::network::{AvgPool2d, Conv2d, INPUT, Network, Op, Pool2d};

/// Maps that each layer adds.
const GROWTH: usize = 32;

/// Maps between the two convolutions of a layer.
const BOTTLENECK: usize = 4 * GROWTH;

/// The members of the family.
pub(super) fn entries() -> Vec<Entry> {
    let build = |input, classes| build(input, classes, [6, 12, 24, 16]);
    vec![Entry { rename, ..Entry::imagenet("densenet121", build) }]
}

/// torchvision's files still say `denselayer1.norm.1.weight` for `denselayer1.norm1.weight`.
fn rename(name: &str) -> Option<String> {
    let (start, last) = name.split_once(".denselayer")?;
    let [number, part, index, weight] = last.split('.').collect::<Vec<_>>().try_into().ok()?;
    let old = matches!(part, "norm" | "conv") && matches!(index, "1" | "2");
    old.then(|| format!("{start}.denselayer{number}.{part}{index}.{weight}"))
}

/// `blocks` holds the number of layers of each block.
fn build(input: [usize; 3], classes: usize, blocks: [usize; 4]) -> Network {
    let mut layers = Layers::new(input);
    let names = ["features.conv0".to_owned(), "features.norm0".to_owned()];
    let mut x = layers.conv_norm(names, conv(64, 7, 2, 3), INPUT);
    x = layers.relu("features.relu0", &x);
    x = layers.layer("features.pool0", Op::MaxPool2d(Pool2d { padding: [1, 1], ..pool(3, 2) }), &x);
    let mut channels = 64;
    for (block, count) in (1..).zip(blocks) {
        for i in 1..=count {
            x = dense_layer(&mut layers, &format!("features.denseblock{block}.denselayer{i}"), &x);
        }
        channels += count * GROWTH;
        if block < blocks.len() {
            channels /= 2;
            x = transition(&mut layers, &format!("features.transition{block}"), channels, &x);
        }
    }
    x = layers.batch_norm("features.norm5", &x);
    x = layers.relu("relu", &x);
    x = layers.mean_of_maps(&x);
    x = layers.dense("classifier", classes, &x);
    layers.build(x)
}

/// The maps before a layer and those that it makes of them.
fn dense_layer(layers: &mut Layers, name: &str, from: &str) -> String {
    let mut x = from.to_owned();
    for (i, options) in [(1, conv(BOTTLENECK, 1, 1, 0)), (2, conv(GROWTH, 3, 1, 1))] {
        x = layers.batch_norm(format!("{name}.norm{i}"), &x);
        x = layers.relu(format!("{name}.relu{i}"), &x);
        x = layers.conv(format!("{name}.conv{i}"), Conv2d { bias: false, ..options }, &x);
    }
    layers.join(format!("{name}.concat"), Op::Concat {}, &[from, &x])
}

fn transition(layers: &mut Layers, name: &str, channels: usize, from: &str) -> String {
    let x = layers.batch_norm(format!("{name}.norm"), from);
    let x = layers.relu(format!("{name}.relu"), &x);
    let halves = Conv2d { bias: false, ..conv(channels, 1, 1, 0) };
    let x = layers.conv(format!("{name}.conv"), halves, &x);
    let Pool2d { kernel, stride, padding, ceil_mode } = pool(2, 2);
    let mean = AvgPool2d { kernel, stride, padding, ceil_mode, count_include_pad: true };
    layers.layer(format!("{name}.pool"), Op::AvgPool2d(mean), &x)
}
