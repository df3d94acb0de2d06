//! Convolutions by Winograd's algorithm or, on request, directly.

use super::predict;
use crate::network::{Conv2d, Graph, Network, Padding};
use crate::tests::expected::difference;
use crate::tests::formula;
use crate::{Kernels, Model, Predictor, Preprocessing, Row};

#[test]
fn exact_kernels_leave_winograds_algorithm_out() {
    let conv = Conv2d {
        filters: 32,
        kernel: [3, 3],
        stride: [1, 1],
        padding: Padding::SAME,
        dilation: [1, 1],
        groups: 1,
        bias: true,
    };
    let network = Network::input(&[32, 14, 14]).conv2d(conv).flatten().dense(5).build();
    let graph = Graph::new(&network).unwrap();
    let weights = formula::weights(graph.layout());
    let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
    let input = formula::floats("input", 32 * 14 * 14, 1.0);
    let [fast, exact] = [false, true].map(|exact| {
        let kernels = Kernels { exact, ..Kernels::default() };
        let predictor = Predictor::with(kernels, model.clone(), None).unwrap();
        let names: Vec<String> =
            predictor.profile(1, 1).unwrap().into_iter().map(|step| step.kernel).collect();
        (predict(&predictor, &[Row::Floats(&input)]).0, names)
    });
    assert_eq!(fast.1, ["Winograd", "blocks"]);
    assert_eq!(exact.1, ["blocks", "blocks"]);
    assert!(fast.0 != exact.0 && difference(&fast.0, &exact.0) < 1e-4, "{fast:?} {exact:?}");
}
