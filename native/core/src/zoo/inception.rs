//! Inception v3 (Szegedy et al. 2015), as torchvision computes it in evaluation: without the auxiliary classifier.
//!
//! torchvision's weights come from TensorFlow and want inputs from -1 to 1; its `transform_input` makes these of
//! inputs that were normalised by ImageNet's mean and deviation. Here the preparation gives -1 to 1 at once.

use super::layers::{Layers, conv, mean_of_neighbours, pool};
use super::{Entry, Preparation};
use crate::network::{BatchNorm, Conv2d, INPUT, Network, Op, Padding};

/// The one member of the family.
pub(super) fn entries() -> Vec<Entry> {
    let preparation =
        Preparation { short_side: 342, crop: 299, mean: [0.5; 3], std: [0.5; 3], ..Preparation::IMAGENET };
    let input = [3, 299, 299];
    let training_only = &["AuxLogits."];
    vec![Entry { input, preparation, training_only, ..Entry::imagenet("inception_v3", build) }]
}

fn build(input: [usize; 3], classes: usize) -> Network {
    let mut layers = Layers::new(input);
    layers.norm = BatchNorm { eps: 1e-3, ..BatchNorm::default() };
    let shrink = || Op::MaxPool2d(pool(3, 2));
    let mut x = basic(&mut layers, "Conv2d_1a_3x3", conv(32, 3, 2, 0), INPUT);
    x = basic(&mut layers, "Conv2d_2a_3x3", conv(32, 3, 1, 0), &x);
    x = basic(&mut layers, "Conv2d_2b_3x3", conv(64, 3, 1, 1), &x);
    x = layers.layer("maxpool1", shrink(), &x);
    x = basic(&mut layers, "Conv2d_3b_1x1", conv(80, 1, 1, 0), &x);
    x = basic(&mut layers, "Conv2d_4a_3x3", conv(192, 3, 1, 0), &x);
    x = layers.layer("maxpool2", shrink(), &x);
    for (name, pooled) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
        x = block_a(&mut layers, name, pooled, &x);
    }
    x = block_b(&mut layers, "Mixed_6a", &x);
    for (name, width) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
        x = block_c(&mut layers, name, width, &x);
    }
    x = block_d(&mut layers, "Mixed_7a", &x);
    for name in ["Mixed_7b", "Mixed_7c"] {
        x = block_e(&mut layers, name, &x);
    }
    x = layers.mean_of_maps(&x);
    x = layers.dropout("dropout", 0.5, &x);
    x = layers.dense("fc", classes, &x);
    layers.build(x)
}

/// Convolution, batch normalisation and ReLU.
fn basic(layers: &mut Layers, name: &str, options: Conv2d, from: &str) -> String {
    let x = layers.conv_norm([format!("{name}.conv"), format!("{name}.bn")], options, from);
    layers.relu(format!("{name}.relu"), &x)
}

/// A chain of convolutions within a block.
fn branch<const N: usize>(
    layers: &mut Layers,
    block: &str,
    parts: [(&str, Conv2d); N],
    from: &str,
) -> String {
    parts
        .into_iter()
        .fold(from.to_owned(), |x, (name, options)| basic(layers, &format!("{block}.{name}"), options, &x))
}

/// The branch of a mean over neighbours and a convolution of single pixels.
fn pool_branch(layers: &mut Layers, block: &str, filters: usize, from: &str) -> String {
    let mean = layers.layer(format!("{block}.avgpool"), mean_of_neighbours(), from);
    branch(layers, block, [("branch_pool", conv(filters, 1, 1, 0))], &mean)
}

fn concat(layers: &mut Layers, name: String, parts: &[&str]) -> String {
    layers.join(name, Op::Concat {}, parts)
}

/// A convolution of a row of taps that keeps the size.
fn row(filters: usize, taps: usize) -> Conv2d {
    Conv2d { kernel: [1, taps], padding: Padding::Explicit([0, taps / 2]), ..conv(filters, 1, 1, 0) }
}

/// A convolution of a column of taps that keeps the size.
fn column(filters: usize, taps: usize) -> Conv2d {
    Conv2d { kernel: [taps, 1], padding: Padding::Explicit([taps / 2, 0]), ..conv(filters, 1, 1, 0) }
}

fn block_a(layers: &mut Layers, name: &str, pooled: usize, x: &str) -> String {
    let one = branch(layers, name, [("branch1x1", conv(64, 1, 1, 0))], x);
    let five = [("branch5x5_1", conv(48, 1, 1, 0)), ("branch5x5_2", conv(64, 5, 1, 2))];
    let five = branch(layers, name, five, x);
    let double = [
        ("branch3x3dbl_1", conv(64, 1, 1, 0)),
        ("branch3x3dbl_2", conv(96, 3, 1, 1)),
        ("branch3x3dbl_3", conv(96, 3, 1, 1)),
    ];
    let double = branch(layers, name, double, x);
    let pool = pool_branch(layers, name, pooled, x);
    concat(layers, format!("{name}.concat"), &[&one, &five, &double, &pool])
}

fn block_b(layers: &mut Layers, name: &str, x: &str) -> String {
    let three = branch(layers, name, [("branch3x3", conv(384, 3, 2, 0))], x);
    let double = [
        ("branch3x3dbl_1", conv(64, 1, 1, 0)),
        ("branch3x3dbl_2", conv(96, 3, 1, 1)),
        ("branch3x3dbl_3", conv(96, 3, 2, 0)),
    ];
    let double = branch(layers, name, double, x);
    let pool = layers.layer(format!("{name}.maxpool"), Op::MaxPool2d(pool(3, 2)), x);
    concat(layers, format!("{name}.concat"), &[&three, &double, &pool])
}

fn block_c(layers: &mut Layers, name: &str, width: usize, x: &str) -> String {
    let one = branch(layers, name, [("branch1x1", conv(192, 1, 1, 0))], x);
    let seven = [
        ("branch7x7_1", conv(width, 1, 1, 0)),
        ("branch7x7_2", row(width, 7)),
        ("branch7x7_3", column(192, 7)),
    ];
    let seven = branch(layers, name, seven, x);
    let double = [
        ("branch7x7dbl_1", conv(width, 1, 1, 0)),
        ("branch7x7dbl_2", column(width, 7)),
        ("branch7x7dbl_3", row(width, 7)),
        ("branch7x7dbl_4", column(width, 7)),
        ("branch7x7dbl_5", row(192, 7)),
    ];
    let double = branch(layers, name, double, x);
    let pool = pool_branch(layers, name, 192, x);
    concat(layers, format!("{name}.concat"), &[&one, &seven, &double, &pool])
}

fn block_d(layers: &mut Layers, name: &str, x: &str) -> String {
    let three = [("branch3x3_1", conv(192, 1, 1, 0)), ("branch3x3_2", conv(320, 3, 2, 0))];
    let three = branch(layers, name, three, x);
    let seven = [
        ("branch7x7x3_1", conv(192, 1, 1, 0)),
        ("branch7x7x3_2", row(192, 7)),
        ("branch7x7x3_3", column(192, 7)),
        ("branch7x7x3_4", conv(192, 3, 2, 0)),
    ];
    let seven = branch(layers, name, seven, x);
    let pool = layers.layer(format!("{name}.maxpool"), Op::MaxPool2d(pool(3, 2)), x);
    concat(layers, format!("{name}.concat"), &[&three, &seven, &pool])
}

fn block_e(layers: &mut Layers, name: &str, x: &str) -> String {
    let one = branch(layers, name, [("branch1x1", conv(320, 1, 1, 0))], x);
    let three = branch(layers, name, [("branch3x3_1", conv(384, 1, 1, 0))], x);
    let three = split(layers, name, ["branch3x3_2a", "branch3x3_2b"], &three);
    let double = [("branch3x3dbl_1", conv(448, 1, 1, 0)), ("branch3x3dbl_2", conv(384, 3, 1, 1))];
    let double = branch(layers, name, double, x);
    let double = split(layers, name, ["branch3x3dbl_3a", "branch3x3dbl_3b"], &double);
    let pool = pool_branch(layers, name, 192, x);
    concat(layers, format!("{name}.concat"), &[&one, &three, &double, &pool])
}

/// A row and a column of taps beside each other.
fn split(layers: &mut Layers, block: &str, [first, second]: [&str; 2], x: &str) -> String {
    let a = branch(layers, block, [(first, row(384, 3))], x);
    let b = branch(layers, block, [(second, column(384, 3))], x);
    concat(layers, format!("{block}.{first}.concat"), &[&a, &b])
}
