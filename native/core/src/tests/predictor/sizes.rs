//! Networks that would take more memory than they may.

use crate::network::{Conv2d, Graph, Network, Padding};
use crate::{Model, Predictor, Preprocessing};

/// Why a predictor cannot be made of a network, whose weights are zeros.
fn problem(network: &Network) -> String {
    let graph = Graph::new(network).unwrap();
    let weights = vec![0.0; graph.layout().values()];
    Predictor::new(Model::new(graph, Preprocessing::default(), vec![], weights).unwrap())
        .unwrap_err()
        .to_string()
}

#[test]
fn weights_that_kernels_would_read_with_too_many_zeros_are_refused() {
    // Of each block of 16 filters there is one, or one that sees any of 16 channels.
    let conv = |filters, kernel, groups| Conv2d {
        filters,
        kernel,
        stride: [1, 1],
        padding: Padding::Explicit([0, 0]),
        dilation: [1, 1],
        groups,
        bias: false,
    };
    let one = Network::input(&[32, 2048, 1100]).conv2d(conv(1, [2048, 1100], 1)).flatten().build();
    assert_eq!(
        problem(&one),
        "network: the weights take 4613734400 bytes as they are read, more than 4294967296: use more filters a group"
    );
    let groups = Network::input(&[1 << 15, 64, 64])
        .conv2d(conv(1 << 14, [64, 64], 1 << 14))
        .global_avg_pool()
        .flatten();
    assert_eq!(
        problem(&groups.build()),
        "network: the weights take 9126805504 bytes as they are read, more than 4294967296: use more filters a group"
    );
}

#[test]
fn images_that_would_take_too_much_memory_are_refused() {
    let large = Network::input(&[1, 8192, 8192]).relu().global_avg_pool().flatten().dense(2).build();
    assert_eq!(
        problem(&large),
        "network: one image takes 8858370176 bytes while it is scored, more than 2147483648"
    );
}
