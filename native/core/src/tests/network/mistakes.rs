//! Descriptions that are no networks.

use super::{LENET, chain, replaced};
use crate::network::{Graph, INPUT, MAX_ACTIVATIONS, MAX_LAYERS, MAX_WEIGHTS, Network, Node, Op, Shape};
use serde_json::{Value, json};

fn problem(network: Result<Network, crate::Error>) -> String {
    Graph::new(&network.unwrap()).unwrap_err().to_string()
}

/// A convolution of an input of 4x8x9 with some options replaced.
fn conv(options: Value) -> String {
    let mut layer = json!({"op": "conv2d", "filters": 6, "kernel": [3, 3]});
    for (option, value) in options.as_object().unwrap() {
        layer[option] = value.clone();
    }
    chain(json!([4, 8, 9]), [layer, json!({"op": "flatten"})]).unwrap_err().to_string()
}

fn pool(kernel: Value, stride: Value, padding: Value) -> String {
    let layer = json!({"op": "max_pool2d", "kernel": kernel, "stride": stride, "padding": padding});
    chain(json!([4, 8, 9]), [layer, json!({"op": "flatten"})]).unwrap_err().to_string()
}

#[test]
fn a_layer_that_does_not_fit_its_input_is_named_with_the_shapes() {
    for (input, layer, message) in [
        (
            json!([4, 8, 9]),
            json!({"op": "dense", "units": 3}),
            "layer 'a' (dense): needs a vector, its input is 4x8x9: put a flatten before it",
        ),
        (
            json!([4, 8, 9]),
            json!({"op": "softmax"}),
            "layer 'a' (softmax): needs a vector, its input is 4x8x9: put a flatten before it",
        ),
        (
            json!([5]),
            json!({"op": "conv2d", "filters": 1, "kernel": [1, 1]}),
            "layer 'a' (conv2d): needs a map [channels, height, width], its input is 5",
        ),
        (
            json!([5]),
            json!({"op": "max_pool2d", "kernel": [1, 1], "stride": [1, 1]}),
            "layer 'a' (max_pool2d): needs a map [channels, height, width], its input is 5",
        ),
        (
            json!([5]),
            json!({"op": "avg_pool2d", "kernel": [1, 1], "stride": [1, 1]}),
            "layer 'a' (avg_pool2d): needs a map [channels, height, width], its input is 5",
        ),
        (
            json!([5]),
            json!({"op": "global_max_pool2d"}),
            "layer 'a' (global_max_pool2d): needs a map [channels, height, width], its input is 5",
        ),
        (
            json!([5]),
            json!({"op": "global_avg_pool2d"}),
            "layer 'a' (global_avg_pool2d): needs a map [channels, height, width], its input is 5",
        ),
    ] {
        assert_eq!(chain(input, [layer, json!({"op": "flatten"})]).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_kernel_larger_than_its_input_is_refused() {
    assert_eq!(
        conv(json!({"kernel": [9, 3]})),
        "layer 'a' (conv2d): the 9x3 kernel is larger than the height of its input 4x8x9 with padding 0"
    );
    assert_eq!(
        conv(json!({"kernel": [3, 12], "padding": [0, 1]})),
        "layer 'a' (conv2d): the 3x12 kernel is larger than the width of its input 4x8x9 with padding 2"
    );
    assert_eq!(
        conv(json!({"dilation": [4, 1]})),
        "layer 'a' (conv2d): the 3x3 kernel dilated by 4 is larger than the height of its input 4x8x9 with padding 0"
    );
    assert_eq!(
        pool(json!([1, 10]), json!([1, 1]), json!([0, 0])),
        "layer 'a' (max_pool2d): the 1x10 kernel is larger than the width of its input 4x8x9 with padding 0"
    );
}

#[test]
fn groups_must_divide_channels_and_filters() {
    assert_eq!(
        conv(json!({"groups": 3})),
        "layer 'a' (conv2d): 4 input channels cannot be divided into 3 groups"
    );
    assert_eq!(conv(json!({"groups": 4})), "layer 'a' (conv2d): 6 filters cannot be divided into 4 groups");
}

#[test]
fn a_pool_may_be_padded_by_half_of_its_kernel() {
    assert_eq!(
        pool(json!([3, 3]), json!([1, 1]), json!([1, 2])),
        "layer 'a' (max_pool2d): padding 2 is more than half of the kernel's 3"
    );
    let layer = json!({"op": "avg_pool2d", "kernel": [3, 4], "stride": [1, 1], "padding": [1, 2]});
    assert!(chain(json!([1, 2, 2]), [layer, json!({"op": "flatten"})]).is_ok());
}

#[test]
fn options_of_0_are_refused_by_name() {
    for option in ["filters", "groups"] {
        let message = format!("layer 'a' (conv2d): {option} must be at least 1");
        assert_eq!(conv(json!({option: 0})), message);
    }
    for option in ["kernel", "stride", "dilation"] {
        let message = format!("layer 'a' (conv2d): {option} must be at least 1");
        assert_eq!(conv(json!({option: [0, 1]})), message);
        assert_eq!(conv(json!({option: [1, 0]})), message);
    }
    let (ones, bad, none) = (json!([1, 1]), json!([1, 0]), json!([0, 0]));
    let refused = "layer 'a' (max_pool2d): kernel must be at least 1";
    assert_eq!(pool(bad.clone(), ones.clone(), none.clone()), refused);
    assert_eq!(pool(ones, bad, none), "layer 'a' (max_pool2d): stride must be at least 1");
    let dense = chain(json!([3]), [json!({"op": "dense", "units": 0})]).unwrap_err().to_string();
    assert_eq!(dense, "layer 'a' (dense): units must be at least 1");
}

#[test]
fn names_that_lead_to_no_network_are_refused() {
    for (old, new, message) in [
        (
            r#"["pool1"]"#,
            r#"["pool9"]"#,
            "layer 'conv2' (conv2d): its input 'pool9' is neither 'input' nor an earlier layer",
        ),
        (
            r#"["conv1"]"#,
            r#"["pool1"]"#,
            "layer 'relu1' (relu): its input 'pool1' is neither 'input' nor an earlier layer",
        ),
        (
            r#"["conv1"]"#,
            r#"["relu1"]"#,
            "layer 'relu1' (relu): its input 'relu1' is neither 'input' nor an earlier layer",
        ),
        (
            r#""name": "relu2""#,
            r#""name": "conv1""#,
            "layer 'conv1' (relu): the name is taken by another layer",
        ),
        (
            r#""name": "conv1""#,
            r#""name": "input""#,
            "layer 'input' (conv2d): 'input' names the network's input",
        ),
        (
            r#""name": "conv1""#,
            r#""name": """#,
            "layer '' (conv2d): a name consists of letters, digits, '_', '-' and '.'",
        ),
        (
            r#""name": "conv1""#,
            r#""name": "conv 1""#,
            "layer 'conv 1' (conv2d): a name consists of letters, digits, '_', '-' and '.'",
        ),
        (r#"["relu3"]"#, r#"["dense1"]"#, "network: layer 'relu3' leads nowhere: the output is 'dense2'"),
        (
            r#""output": "dense2""#,
            r#""output": "dense1""#,
            "network: layer 'dense2' leads nowhere: the output is 'dense1'",
        ),
        (
            r#""output": "dense2""#,
            r#""output": "dense3""#,
            "network: the output 'dense3' is none of the layers",
        ),
        (
            r#""output": "dense2""#,
            r#""output": "input""#,
            "network: the output 'input' is none of the layers",
        ),
        (r#"["relu3"]"#, "[]", "layer 'dense2' (dense): takes one input, 0 are given"),
        (r#"["relu3"]"#, r#"["relu3", "relu3"]"#, "layer 'dense2' (dense): takes one input, 2 are given"),
    ] {
        assert_eq!(problem(replaced(LENET, old, new)), message);
    }
}

#[test]
fn names_may_hold_letters_digits_and_three_signs() {
    let named = replaced(LENET, r#""name": "dense2""#, r#""name": "block-1.dense_2""#).unwrap();
    assert!(Graph::new(&Network { output: "block-1.dense_2".to_owned(), ..named }).is_ok());
}

#[test]
fn the_output_must_be_a_vector() {
    let message = chain(json!([4, 8, 9]), [json!({"op": "relu"})]).unwrap_err().to_string();
    assert_eq!(message, "network: the output of 'a' is 4x8x9, not a vector: put a flatten after it");
}

#[test]
fn a_network_has_at_least_one_layer() {
    let empty = Network::from_json(r#"{"input": [3], "nodes": [], "output": "dense1"}"#);
    assert_eq!(problem(empty), "network: the output 'dense1' is none of the layers");
}

#[test]
fn the_input_is_a_map_or_a_vector_with_values() {
    for (input, message) in [
        ("[]", "network: the input's a shape is [channels, height, width] or [n], not 0 dimensions"),
        ("[28, 28]", "network: the input's a shape is [channels, height, width] or [n], not 2 dimensions"),
        ("[1, 0, 28]", "network: the input's shape 1x0x28 has a dimension of 0"),
        ("[0]", "network: the input's shape 0 has a dimension of 0"),
        ("[2147483648]", "network: the input's shape 2147483648 has more than 2147483647 values"),
        (
            "[4294967296, 4294967296, 4294967296]",
            "network: the input's shape 4294967296x4294967296x4294967296 has more than 2147483647 values",
        ),
    ] {
        assert_eq!(problem(replaced(LENET, "[1, 28, 28]", input)), message);
    }
    assert!(Shape::new(&[i32::MAX as usize]).is_ok());
}

#[test]
fn absurd_options_are_errors() {
    let most = u64::MAX;
    for options in [
        json!({"filters": 1_000_000_000}),
        json!({"filters": most}),
        json!({"kernel": [most, 1]}),
        json!({"kernel": [most, most], "padding": "same"}),
        json!({"kernel": [1, most], "dilation": [1, most]}),
        json!({"kernel": [most, 1], "padding": [most / 2, 0]}),
        json!({"dilation": [most, 1]}),
        json!({"dilation": [most / 2, 1], "padding": "same"}),
        json!({"dilation": [i32::MAX, 1], "padding": "same"}),
        json!({"padding": [most, 0]}),
        json!({"padding": [most / 2, 0]}),
        json!({"padding": [most / 2 - 4, 0], "stride": [most, 1]}),
        json!({"padding": [1_000_000_000, 1_000_000_000]}),
        json!({"stride": [most, 1]}),
        json!({"stride": [1_u64 << 31, 1]}),
        json!({"stride": [1, most], "padding": "same"}),
        json!({"groups": most}),
    ] {
        let error = conv(options.clone());
        assert!(error.starts_with("layer 'a' (conv2d): "), "{options}: {error}");
    }
    for [kernel, stride, padding] in
        [[most, 1, 0], [most, 1, most / 2], [most, most, most], [2, most, 0], [1, 1, most]]
    {
        let error = pool(json!([kernel, 1]), json!([stride, 1]), json!([padding, 0]));
        assert!(error.starts_with("layer 'a' (max_pool2d): "), "{kernel} {stride} {padding}: {error}");
    }
    for units in [1 << 31, most] {
        let error = chain(json!([3]), [json!({"op": "dense", "units": units})]).unwrap_err().to_string();
        assert!(error.starts_with("layer 'a' (dense): "), "{units}: {error}");
    }
}

#[test]
fn more_weights_than_2_to_the_29_are_refused_with_the_layer_and_their_number() {
    let dense = |units: usize| json!({"op": "dense", "units": units, "bias": false});
    // Twice 2^28 weights, and one for each input more.
    let most = [dense(16_384), dense(16_384)];
    assert_eq!(chain(json!([16_384]), most.clone()).unwrap().layout().values(), MAX_WEIGHTS);
    let [first, second] = most;
    assert_eq!(
        chain(json!([16_384]), [first, second, dense(1)]).unwrap_err().to_string(),
        "layer 'c' (dense): the network has 536887296 weights up to here, at most 536870912 are allowed"
    );
    // A bias counts as well, and so does the sum of convolutions.
    assert_eq!(
        chain(json!([1 << 20]), [json!({"op": "dense", "units": 512})]).unwrap_err().to_string(),
        "layer 'a' (dense): the network has 536871424 weights up to here, at most 536870912 are allowed"
    );
    assert_eq!(
        conv(json!({"filters": 15_000_000, "kernel": [3, 3]})),
        "layer 'a' (conv2d): the network has 540000000 weights up to here, at most 536870912 are allowed"
    );
    // What no array could hold is refused as before.
    assert_eq!(
        chain(json!([60_000]), [dense(60_000)]).unwrap_err().to_string(),
        "layer 'a' (dense): weights of shape [60000, 60000] have more than 2147483647 values"
    );
}

#[test]
fn more_than_2_to_the_28_values_of_one_row_are_refused_with_the_layer_and_their_number() {
    // The input and three results of 2^26 values each; flattening takes no memory of its own.
    let relu = || json!({"op": "relu"});
    let input = json!([1 << 24, 2, 2]);
    let flatten = || json!({"op": "flatten"});
    assert!(chain(input.clone(), [relu(), relu(), flatten(), relu()]).is_ok());
    assert_eq!(
        chain(input, [relu(), relu(), flatten(), relu(), json!({"op": "dense", "units": 3})])
            .unwrap_err()
            .to_string(),
        "layer 'e' (dense): one row takes 268435459 values up to here, at most 268435456 are allowed"
    );
    assert!(chain(json!([MAX_ACTIVATIONS]), [flatten()]).is_ok());
    assert_eq!(
        chain(json!([MAX_ACTIVATIONS + 1]), [flatten()]).unwrap_err().to_string(),
        "network: the input: one row takes 268435457 values up to here, at most 268435456 are allowed"
    );
    // Layers that make much of little.
    assert_eq!(
        conv(json!({"filters": 1_000_000, "kernel": [1, 1], "padding": [7, 7]})),
        "layer 'a' (conv2d): one row takes 506000288 values up to here, at most 268435456 are allowed"
    );
}

/// What is wrong with two layers of a 4x8x9 input, `a` with two filters, and a last one `z` of those inputs.
fn join(op: Value, inputs: Value) -> String {
    let mut last = op;
    last["name"] = json!("z");
    last["inputs"] = inputs;
    let description = json!({"input": [4, 8, 9], "output": "z", "nodes": [
        {"name": "a", "op": "conv2d", "filters": 2, "kernel": [1, 1], "inputs": ["input"]},
        {"name": "p", "op": "global_avg_pool2d", "inputs": ["a"]},
        last,
    ]});
    Graph::from_json(&description.to_string()).unwrap_err().to_string()
}

#[test]
fn inputs_that_do_not_fit_each_other_are_named_with_their_shapes() {
    let op = |name: &str| json!({"op": name});
    assert_eq!(join(op("add"), json!(["a"])), "layer 'z' (add): takes two inputs or more, 1 are given");
    assert_eq!(
        join(op("add"), json!(["a", "a", "input"])),
        "layer 'z' (add): its inputs are 2x8x9 and 4x8x9, they must be of one shape"
    );
    assert_eq!(join(op("concat"), json!([])), "layer 'z' (concat): takes two inputs or more, 0 are given");
    assert_eq!(
        join(op("concat"), json!(["input", "p"])),
        "layer 'z' (concat): its inputs are 4x8x9 and 2x1x1, they must be maps of one height and width, or vectors"
    );
    assert_eq!(join(op("multiply"), json!(["a"])), "layer 'z' (multiply): takes two inputs, 1 are given");
    for inputs in [json!(["input", "p"]), json!(["p", "a"])] {
        let message = join(op("multiply"), inputs);
        assert!(message.ends_with("the second must be of the same shape or have a value a map"), "{message}");
    }
    assert_eq!(join(op("relu"), json!(["a", "p"])), "layer 'z' (relu): takes one input, 2 are given");
}

#[test]
fn options_out_of_range_are_named() {
    let mut cases = 0;
    for (layer, problem) in [
        (json!({"op": "batch_norm", "eps": 0.0}), "eps is 0: it must be above 0"),
        (json!({"op": "batch_norm", "momentum": 1.5}), "momentum is 1.5: it must be between 0 and 1"),
        (json!({"op": "dropout", "p": 1.0}), "p is 1: it must be at least 0 and below 1"),
        (json!({"op": "dropout", "p": -0.1}), "p is -0.1: it must be at least 0 and below 1"),
        (json!({"op": "local_response_norm", "size": 0}), "size must be at least 1"),
        (json!({"op": "local_response_norm", "size": 5, "k": 0.0}), "k is 0: it must be above 0"),
        (
            json!({"op": "local_response_norm", "size": 5, "alpha": -1.0}),
            "alpha is -1: it must be at least 0",
        ),
        (json!({"op": "adaptive_avg_pool2d", "size": [0, 1]}), "size must be at least 1"),
        (json!({"op": "subsample", "step": [1, 0]}), "step must be at least 1"),
        (json!({"op": "pad_channels", "before": 3_000_000_000_u64}), "before must be at most 2147483647"),
    ] {
        let name = layer["op"].as_str().unwrap().to_owned();
        let error = chain(json!([4, 8, 9]), [layer, json!({"op": "flatten"})]).unwrap_err().to_string();
        assert_eq!(error, format!("layer 'a' ({name}): {problem}"));
        cases += 1;
    }
    assert_eq!(cases, 10);
    let far = i32::MAX;
    assert_eq!(
        conv(json!({"padding": [far, 0], "stride": [far, 1]})),
        "layer 'a' (conv2d): with its padding the input has 154618822872 values, at most 268435456 are allowed"
    );
}

#[test]
fn more_than_10_000_layers_are_refused() {
    let layers = |number: usize| {
        let layer = |i: usize| {
            let input = i.checked_sub(1).map_or(INPUT.to_owned(), |before| before.to_string());
            Node { name: i.to_string(), op: Op::Relu {}, inputs: vec![input] }
        };
        let nodes = (0..number).map(layer).collect();
        Graph::new(&Network { input: vec![3], nodes, output: (number - 1).to_string() })
    };
    assert!(layers(MAX_LAYERS).is_ok());
    assert_eq!(
        layers(MAX_LAYERS + 1).unwrap_err().to_string(),
        "network: it has 10001 layers, at most 10000 are allowed"
    );
}
