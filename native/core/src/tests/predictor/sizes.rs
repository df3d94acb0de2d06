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
fn weights_of_which_kernels_would_read_many_zeros_are_refused() {
    let conv = |filters, kernel, groups| Conv2d {
        filters,
        kernel,
        stride: [1, 1],
        padding: Padding::Explicit([0, 0]),
        dilation: [1, 1],
        groups,
        bias: false,
    };
    for (input, layer) in [
        // One filter in a block of 16; groups of one filter, of which a block sees many; and of one channel in a block.
        ([32, 1024, 1024], conv(1, [1024, 1024], 1)),
        ([1 << 15, 64, 64], conv(1 << 14, [32, 64], 1 << 14)),
        ([64, 160, 160], conv(1024, [150, 150], 64)),
    ] {
        let network = Network::input(&input).conv2d(layer).global_avg_pool().flatten().build();
        let problem = problem(&network);
        assert!(problem.contains(" bytes in blocks of 16 filters, more than "), "{problem}");
    }
}

#[test]
fn images_that_would_take_too_much_memory_are_refused() {
    let large = Network::input(&[1, 8192, 8192]).relu().global_avg_pool().flatten().dense(2).build();
    assert_eq!(
        problem(&large),
        "network: one image takes 8858370176 bytes while it is scored, more than 2147483648"
    );
}
