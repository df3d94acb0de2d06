//! The shapes of layers' results, counted by hand.

use super::{LENET, chain};
use crate::Error;
use crate::network::{Graph, Shape};
use crate::tests::expected;
use serde_json::{Value, json};

/// The shape that a layer makes of an input, as in `20x24x24`.
fn shape_after(input: Value, layer: Value) -> Result<String, Error> {
    chain(input, [layer, json!({"op": "flatten"})]).map(|graph| graph.nodes()[0].shape.to_string())
}

#[test]
fn a_convolution_makes_a_map_of_as_many_windows_as_fit() {
    let conv = |input, options: Value| {
        let mut layer = json!({"op": "conv2d", "filters": 6, "kernel": [3, 3]});
        for (option, value) in options.as_object().unwrap() {
            layer[option] = value.clone();
        }
        shape_after(input, layer).unwrap()
    };
    assert_eq!(conv(json!([1, 28, 28]), json!({"filters": 20, "kernel": [5, 5]})), "20x24x24");
    assert_eq!(conv(json!([3, 7, 9]), json!({"kernel": [2, 5]})), "6x6x5");
    assert_eq!(conv(json!([1, 13, 12]), json!({"stride": [2, 3]})), "6x6x4");
    assert_eq!(conv(json!([1, 8, 9]), json!({"stride": [4, 4]})), "6x2x2");
    assert_eq!(conv(json!([1, 3, 3]), json!({"stride": [1000, 1]})), "6x1x1");
    assert_eq!(conv(json!([1, 5, 5]), json!({"padding": [1, 2]})), "6x5x7");
    assert_eq!(conv(json!([1, 1, 1]), json!({"padding": [1, 1]})), "6x1x1");
    assert_eq!(conv(json!([1, 1, 1]), json!({"padding": [9, 1]})), "6x17x1");
    assert_eq!(conv(json!([1, 10, 10]), json!({"dilation": [2, 3]})), "6x6x4");
    assert_eq!(conv(json!([1, 2, 2]), json!({"kernel": [1, 1], "dilation": [50, 50]})), "6x2x2");
    assert_eq!(conv(json!([4, 3, 3]), json!({"groups": 2})), "6x1x1");
    assert_eq!(conv(json!([6, 3, 3]), json!({"groups": 6})), "6x1x1");
}

#[test]
fn same_padding_gives_the_input_divided_by_the_stride_rounded_up() {
    let mut cases = 0;
    for size in [1, 2, 5, 8, 9] {
        for kernel in [1, 2, 3, 6, 7] {
            for stride in [1, 2, 3, 10] {
                for dilation in [1, 2, 4] {
                    let layer = json!({"op": "conv2d", "filters": 1, "kernel": [kernel, 1], "padding": "same",
                        "stride": [stride, 1], "dilation": [dilation, 1]});
                    let expected = format!("1x{}x4", (size + stride - 1) / stride);
                    assert_eq!(
                        shape_after(json!([1, size, 4]), layer).unwrap(),
                        expected,
                        "{size} {kernel} {stride}"
                    );
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 300);
}

#[test]
fn same_padding_puts_the_odd_zero_after() {
    let zeros = |kernel: usize, stride: usize, dilation: usize, size: usize| {
        let layer = json!({"op": "conv2d", "filters": 1, "kernel": [kernel, 1], "padding": "same",
            "stride": [stride, 1], "dilation": [dilation, 1]});
        let graph = chain(json!([1, size, 1]), [layer, json!({"op": "flatten"})]).unwrap();
        let crate::network::Op::Conv2d(conv) = &graph.nodes()[0].op else { panic!() };
        (conv.padding_before([size, 1]).unwrap()[0], conv.padding_after([size, 1]).unwrap()[0])
    };
    assert_eq!(zeros(3, 1, 1, 7), (1, 1));
    assert_eq!(zeros(4, 1, 1, 7), (1, 2));
    assert_eq!(zeros(2, 1, 3, 7), (1, 2));
    // The last window of an even size starts one earlier than that of an odd one.
    assert_eq!(zeros(3, 2, 1, 7), (1, 1));
    assert_eq!(zeros(3, 2, 1, 8), (0, 1));
    // The windows leave a rest uncovered.
    assert_eq!(zeros(1, 3, 1, 9), (0, 0));
}

#[test]
fn pools_keep_the_channels() {
    let mut kinds = 0;
    for op in ["max_pool2d", "avg_pool2d"] {
        let pool = |input, kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]| {
            let layer = json!({"op": op, "kernel": kernel, "stride": stride, "padding": padding});
            shape_after(input, layer).unwrap()
        };
        assert_eq!(pool(json!([3, 5, 5]), [2, 2], [2, 2], [0, 0]), "3x2x2");
        assert_eq!(pool(json!([3, 7, 7]), [3, 3], [2, 2], [1, 1]), "3x4x4");
        assert_eq!(pool(json!([3, 4, 6]), [2, 3], [1, 2], [0, 0]), "3x3x2");
        assert_eq!(pool(json!([3, 4, 6]), [4, 6], [1, 1], [0, 0]), "3x1x1");
        assert_eq!(pool(json!([3, 2, 2]), [4, 1], [1, 1], [2, 0]), "3x3x2");
        kinds += 1;
    }
    assert_eq!(kinds, 2);
    for op in ["global_max_pool2d", "global_avg_pool2d"] {
        assert_eq!(shape_after(json!([7, 5, 3]), json!({"op": op})).unwrap(), "7x1x1");
    }
}

#[test]
fn the_other_operations() {
    let after = |input, layer| shape_after(input, layer).unwrap();
    assert_eq!(after(json!([17]), json!({"op": "dense", "units": 7})), "7");
    assert_eq!(after(json!([17]), json!({"op": "relu"})), "17");
    assert_eq!(after(json!([3, 5, 7]), json!({"op": "relu"})), "3x5x7");
    assert_eq!(after(json!([3, 4, 5]), json!({"op": "flatten"})), "60");
    assert_eq!(after(json!([60]), json!({"op": "flatten"})), "60");
    assert_eq!(after(json!([10]), json!({"op": "softmax"})), "10");
}

#[test]
fn the_shapes_of_lenet() {
    let graph = Graph::from_json(LENET).unwrap();
    let shapes: Vec<String> = graph.nodes().iter().map(|node| node.shape.to_string()).collect();
    let expected =
        ["20x24x24", "20x24x24", "20x12x12", "50x8x8", "50x8x8", "50x4x4", "800", "500", "500", "10"];
    assert_eq!(shapes, expected);
    assert_eq!(graph.input().map(), Some([1, 28, 28]));
}

#[test]
fn every_shape_is_that_of_pytorch() {
    #[derive(serde::Deserialize)]
    struct Case {
        network: crate::network::Network,
        shapes: Vec<Vec<usize>>,
    }
    let cases: Vec<Case> = expected::read("ops.json");
    assert!(cases.len() >= 100, "{} cases", cases.len());
    for case in cases {
        let graph = Graph::new(&case.network).unwrap();
        let shapes: Vec<&[usize]> = graph.nodes().iter().map(|node| node.shape.dimensions()).collect();
        assert_eq!(shapes, case.shapes);
    }
}

#[test]
fn a_shape_is_a_map_or_a_vector() {
    let shape = Shape::new(&[2, 3, 4]).unwrap();
    assert_eq!((shape.values(), shape.map(), shape.vector()), (24, Some([2, 3, 4]), None));
    let shape = Shape::new(&[24]).unwrap();
    assert_eq!((shape.values(), shape.map(), shape.vector()), (24, None, Some(24)));
}
