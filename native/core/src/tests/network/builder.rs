//! The builder.

use super::LENET;
use crate::network::{AvgPool2d, Conv2d, Graph, Network, Op, Padding, Pool2d};

#[test]
fn lenet_in_a_few_lines() {
    let built = Network::input(&[1, 28, 28])
        .conv(20, 5)
        .relu()
        .max_pool(2)
        .conv(50, 5)
        .relu()
        .max_pool(2)
        .flatten()
        .dense(500)
        .relu()
        .dense(10)
        .build();
    assert_eq!(built, Network::from_json(LENET).unwrap());
}

#[test]
fn every_layer_has_its_options_a_number_and_the_one_before_as_input() {
    let conv = Conv2d {
        filters: 4,
        kernel: [3, 1],
        stride: [2, 1],
        padding: Padding::SAME,
        dilation: [1, 1],
        groups: 2,
        bias: false,
    };
    let built = Network::input(&[2, 8, 8])
        .conv2d(conv.clone())
        .avg_pool(2)
        .max_pool(2)
        .global_avg_pool()
        .global_max_pool()
        .flatten()
        .softmax()
        .build();
    let names: Vec<&str> = built.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["conv1", "pool1", "pool2", "pool3", "pool4", "flatten1", "softmax1"]);
    let inputs: Vec<&[String]> = built.nodes.iter().map(|node| node.inputs.as_slice()).collect();
    assert_eq!(inputs[0], ["input"]);
    assert!(
        inputs[1..].iter().zip(&names).all(|(inputs, before)| inputs == &[before.to_owned()]),
        "{inputs:?}"
    );
    assert_eq!(built.output, "softmax1");
    let mean = AvgPool2d {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
        ceil_mode: false,
        count_include_pad: true,
    };
    let halves = Pool2d { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceil_mode: false };
    let ops: Vec<&Op> = built.nodes.iter().map(|node| &node.op).collect();
    let expected = [
        &Op::Conv2d(conv),
        &Op::AvgPool2d(mean),
        &Op::MaxPool2d(halves),
        &Op::GlobalAvgPool2d {},
        &Op::GlobalMaxPool2d {},
        &Op::Flatten {},
        &Op::Softmax {},
    ];
    assert_eq!(ops, expected);
    assert!(Graph::new(&built).is_ok());
}
