//! The ResNets for CIFAR-10 (He et al. 2015, section 4.2), whose shortcuts have no weights (option A): every other row
//! and column, and maps of zeros on both sides.

use super::layers::{Layers, conv};
use super::{Entry, Preparation};
use crate::network::{INPUT, Network, Op, PadChannels, Subsample};

/// The members of the family.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        cifar("cifar_resnet20", |input, classes| build(input, classes, 3)),
        cifar("cifar_resnet32", |input, classes| build(input, classes, 5)),
        cifar("cifar_resnet44", |input, classes| build(input, classes, 7)),
        cifar("cifar_resnet56", |input, classes| build(input, classes, 9)),
    ]
}

fn cifar(name: &'static str, build: fn([usize; 3], usize) -> Network) -> Entry {
    let preparation = Preparation { short_side: 32, crop: 32, ..Preparation::IMAGENET };
    Entry { input: [3, 32, 32], classes: 10, preparation, ..Entry::imagenet(name, build) }
}

/// `blocks` is the number of blocks in each of the three stages.
fn build(input: [usize; 3], classes: usize, blocks: usize) -> Network {
    let mut layers = Layers::new(input);
    let mut x = layers.conv_norm(["conv1".to_owned(), "bn1".to_owned()], conv(16, 3, 1, 1), INPUT);
    x = layers.relu("relu", &x);
    for stage in 0..3 {
        for i in 0..blocks {
            let halves = stage > 0 && i == 0;
            x = block(&mut layers, &format!("layer{}.{i}", stage + 1), 16 << stage, halves, &x);
        }
    }
    x = layers.mean_of_maps(&x);
    x = layers.dense("linear", classes, &x);
    layers.build(x)
}

/// A block of `planes` maps, which halves the size of `planes / 2` maps or keeps both.
fn block(layers: &mut Layers, name: &str, planes: usize, halves: bool, from: &str) -> String {
    let names = |i| [format!("{name}.conv{i}"), format!("{name}.bn{i}")];
    let stride = if halves { 2 } else { 1 };
    let x = layers.conv_norm(names(1), conv(planes, 3, stride, 1), from);
    let x = layers.relu(format!("{name}.relu1"), &x);
    let x = layers.conv_norm(names(2), conv(planes, 3, 1, 1), &x);
    let shortcut = if halves {
        let step = [2, 2];
        let taken = layers.layer(format!("{name}.subsample"), Op::Subsample(Subsample { step }), from);
        let (before, after) = (planes / 4, planes / 4);
        layers.layer(format!("{name}.pad"), Op::PadChannels(PadChannels { before, after }), &taken)
    } else {
        from.to_owned()
    };
    let sum = layers.join(format!("{name}.add"), Op::Add {}, &[&x, &shortcut]);
    layers.relu(format!("{name}.relu"), &sum)
}
