//! ResNet (He et al. 2015), ResNeXt (Xie et al. 2016) and Wide ResNet (Zagoruyko and Komodakis 2016), as in
//! torchvision: the stride of a bottleneck lies in its 3x3 convolution.

use super::Entry;
use super::layers::{Layers, conv, pool};
use crate::network::{Conv2d, INPUT, Network, Op, Pool2d};

/// What the members of the family differ in.
struct Variant {
    /// The number of blocks in each of the four stages.
    blocks: [usize; 4],
    /// Whether blocks have three convolutions instead of two.
    bottleneck: bool,
    /// Groups of the 3x3 convolutions.
    groups: usize,
    /// Channels of a group in the first stage.
    group_width: usize,
}

/// The members of the family.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::imagenet("resnet18", |input, classes| build(input, classes, &plain([2, 2, 2, 2], false))),
        Entry::imagenet("resnet34", |input, classes| build(input, classes, &plain([3, 4, 6, 3], false))),
        Entry::imagenet("resnet50", |input, classes| build(input, classes, &plain([3, 4, 6, 3], true))),
        Entry::imagenet("resnet101", |input, classes| build(input, classes, &plain([3, 4, 23, 3], true))),
        Entry::imagenet("resnet152", |input, classes| build(input, classes, &plain([3, 8, 36, 3], true))),
        Entry::imagenet("resnext50_32x4d", |input, classes| {
            build(input, classes, &Variant { groups: 32, group_width: 4, ..plain([3, 4, 6, 3], true) })
        }),
        Entry::imagenet("wide_resnet50_2", |input, classes| {
            build(input, classes, &Variant { group_width: 128, ..plain([3, 4, 6, 3], true) })
        }),
    ]
}

fn plain(blocks: [usize; 4], bottleneck: bool) -> Variant {
    Variant { blocks, bottleneck, groups: 1, group_width: 64 }
}

fn build(input: [usize; 3], classes: usize, variant: &Variant) -> Network {
    let mut layers = Layers::new(input);
    let mut x = layers.conv_norm(["conv1".to_owned(), "bn1".to_owned()], conv(64, 7, 2, 3), INPUT);
    x = layers.relu("relu", &x);
    x = layers.layer("maxpool", Op::MaxPool2d(Pool2d { padding: [1, 1], ..pool(3, 2) }), &x);
    let mut channels = 64;
    for (stage, &blocks) in variant.blocks.iter().enumerate() {
        for i in 0..blocks {
            let stride = if stage > 0 && i == 0 { 2 } else { 1 };
            let name = format!("layer{}.{i}", stage + 1);
            (x, channels) = block(&mut layers, variant, &name, [channels, 64 << stage, stride], &x);
        }
    }
    x = layers.mean_of_maps(&x);
    x = layers.dense("fc", classes, &x);
    layers.build(x)
}

/// A block of `[channels before, planes, stride]`; gives its last layer and the channels after it.
fn block(
    layers: &mut Layers,
    variant: &Variant,
    name: &str,
    [before, planes, stride]: [usize; 3],
    from: &str,
) -> (String, usize) {
    let width = planes * variant.group_width / 64 * variant.groups;
    let middle = Conv2d { groups: variant.groups, ..conv(width, 3, stride, 1) };
    let (convolutions, after) = if variant.bottleneck {
        (vec![conv(width, 1, 1, 0), middle, conv(4 * planes, 1, 1, 0)], 4 * planes)
    } else {
        (vec![middle, conv(planes, 3, 1, 1)], planes)
    };
    let (mut x, last) = (from.to_owned(), convolutions.len());
    for (i, options) in (1..).zip(convolutions) {
        x = layers.conv_norm([format!("{name}.conv{i}"), format!("{name}.bn{i}")], options, &x);
        if i < last {
            x = layers.relu(format!("{name}.relu{i}"), &x);
        }
    }
    let shortcut = if stride != 1 || before != after {
        let names = [format!("{name}.downsample.0"), format!("{name}.downsample.1")];
        layers.conv_norm(names, conv(after, 1, stride, 0), from)
    } else {
        from.to_owned()
    };
    let sum = layers.join(format!("{name}.add"), Op::Add {}, &[&x, &shortcut]);
    (layers.relu(format!("{name}.relu"), &sum), after)
}
