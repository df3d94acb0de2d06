//! SqueezeNet 1.0 and 1.1 (Iandola et al. 2016), as in torchvision.

use super::Entry;
use super::layers::{Layers, conv, pool};
use crate::network::{Conv2d, INPUT, Network, Op, Pool2d};

/// The members of the family.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::imagenet("squeezenet1_0", |input, classes| build(input, classes, conv(96, 7, 2, 0), [5, 9])),
        Entry::imagenet("squeezenet1_1", |input, classes| build(input, classes, conv(64, 3, 2, 0), [4, 6])),
    ]
}

/// `pools` counts the fire modules, from 2 on, before the second and the third pool.
fn build(input: [usize; 3], classes: usize, first: Conv2d, pools: [usize; 2]) -> Network {
    let mut layers = Layers::new(input);
    let mut numbers = 3..;
    let mut next = || format!("features.{}", numbers.next().unwrap_or_default());
    let shrink = Op::MaxPool2d(Pool2d { ceil_mode: true, ..pool(3, 2) });
    let mut x = layers.conv("features.0", first, INPUT);
    x = layers.relu("features.1", &x);
    x = layers.layer("features.2", shrink.clone(), &x);
    for (fire, squeezed) in (2..).zip([16, 16, 32, 32, 48, 48, 64, 64]) {
        if pools.contains(&fire) {
            x = layers.layer(next(), shrink.clone(), &x);
        }
        x = fire_module(&mut layers, &next(), squeezed, &x);
    }
    x = layers.dropout("classifier.0", 0.5, &x);
    x = layers.conv("classifier.1", conv(classes, 1, 1, 0), &x);
    x = layers.relu("classifier.2", &x);
    x = layers.mean_of_maps(&x);
    layers.build(x)
}

fn fire_module(layers: &mut Layers, name: &str, squeezed: usize, from: &str) -> String {
    let squeeze = layers.conv(format!("{name}.squeeze"), conv(squeezed, 1, 1, 0), from);
    let squeeze = layers.relu(format!("{name}.squeeze_activation"), &squeeze);
    let mut expand = |kernel: usize| {
        let part = format!("{name}.expand{kernel}x{kernel}");
        let expanded = layers.conv(part.clone(), conv(4 * squeezed, kernel, 1, kernel / 2), &squeeze);
        layers.relu(format!("{part}_activation"), &expanded)
    };
    let (one, three) = (expand(1), expand(3));
    layers.join(format!("{name}.concat"), Op::Concat {}, &[&one, &three])
}
