//! The description as JSON.

use super::{LENET, replaced};
use crate::network::{Network, Op, Padding};
use crate::tests::expected;
use serde_json::Value;

const SMALL: &str = r#"{"input":[2,6,6],"nodes":[
    {"name":"c","op":"conv2d","inputs":["input"],"filters":2,"kernel":[3,2],"padding":"same"},
    {"name":"p","op":"avg_pool2d","inputs":["c"],"kernel":[3,3],"stride":[1,2]},
    {"name":"g","op":"global_max_pool2d","inputs":["p"]},
    {"name":"f","op":"flatten","inputs":["g"]},
    {"name":"d","op":"dense","inputs":["f"],"units":3},
    {"name":"s","op":"softmax","inputs":["d"]}],"output":"s"}"#;

const CANONICAL: &str = concat!(
    r#"{"input":[2,6,6],"nodes":["#,
    r#"{"name":"c","op":"conv2d","filters":2,"kernel":[3,2],"stride":[1,1],"padding":"same","#,
    r#""dilation":[1,1],"groups":1,"bias":true,"inputs":["input"]},"#,
    r#"{"name":"p","op":"avg_pool2d","kernel":[3,3],"stride":[1,2],"padding":[0,0],"#,
    r#""ceil_mode":false,"count_include_pad":true,"inputs":["c"]},"#,
    r#"{"name":"g","op":"global_max_pool2d","inputs":["p"]},"#,
    r#"{"name":"f","op":"flatten","inputs":["g"]},"#,
    r#"{"name":"d","op":"dense","units":3,"bias":true,"inputs":["f"]},"#,
    r#"{"name":"s","op":"softmax","inputs":["d"]}],"output":"s"}"#
);

#[test]
fn the_canonical_form_spells_out_every_option() {
    assert_eq!(Network::from_json(SMALL).unwrap().to_json().unwrap(), CANONICAL);
}

#[test]
fn the_canonical_form_is_read_as_the_same_network() {
    let networks: Vec<Network> =
        expected::read::<Vec<expected::Case>>("ops.json").into_iter().map(|case| case.network).collect();
    assert!(networks.len() >= 100, "{} networks", networks.len());
    for network in networks.into_iter().chain([SMALL, LENET].map(|json| Network::from_json(json).unwrap())) {
        let json = network.to_json().unwrap();
        let again = Network::from_json(&json).unwrap();
        assert_eq!(again, network);
        assert_eq!(again.to_json().unwrap(), json);
    }
}

#[test]
fn defaults_are_those_that_the_parity_scripts_spell_out() {
    #[derive(serde::Deserialize)]
    struct File {
        network: Value,
    }
    let spelt_out = expected::read::<File>("lenet.json").network;
    let written = Network::from_json(LENET).unwrap().to_json().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), spelt_out);
}

#[test]
fn padding_is_two_or_four_numbers_or_the_word_same() {
    let padding = |json: &str| match &replaced(SMALL, r#""same""#, json).unwrap().nodes[0].op {
        Op::Conv2d(conv) => conv.padding,
        other => panic!("{other:?}"),
    };
    assert_eq!(padding("[1,2]"), Padding::Explicit([1, 2]));
    assert_eq!(padding("[1,2,3,4]"), Padding::Sides([1, 2, 3, 4]));
    assert_eq!(padding(r#""same""#), Padding::SAME);
}

#[test]
fn a_mistake_in_a_layer_is_an_error_that_names_the_layer() {
    for (old, new, problem) in [
        (r#","filters":2"#, "", "missing field `filters`"),
        (r#""filters":2"#, r#""filter":2"#, "unknown field `filter`"),
        (r#""filters":2"#, r#""filters":2,"strides":[1,1]"#, "unknown field `strides`"),
        (r#""filters":2"#, r#""filters":-2"#, "invalid value: integer `-2`"),
        (r#""filters":2"#, r#""filters":2.5"#, "invalid type: floating point `2.5`"),
        (r#""filters":2"#, r#""filters":1e30"#, "invalid type: floating point"),
        (r#""filters":2"#, r#""filters":"2""#, "invalid type: string \"2\""),
        (r#""filters":2"#, r#""filters":null"#, "invalid type: null"),
        ("[3,2]", "[3]", "invalid length 1"),
        ("[3,2]", "[3,2,1]", "invalid length 3"),
        ("[3,2]", "3", "invalid type: integer `3`"),
        (r#""same""#, r#""valid""#, r#"padding must be "same" or [height, width] or"#),
        (r#""same""#, "1", r#"padding must be "same" or [height, width] or"#),
        ("conv2d", "conv3d", "unknown variant `conv3d`"),
        (r#""op":"conv2d","#, "", "missing field `op`"),
        (r#""inputs":["input"],"#, "", "missing field `inputs`"),
        (r#"["input"]"#, r#""input""#, "invalid type: string \"input\", expected a sequence"),
    ] {
        let error = replaced(SMALL, old, new).unwrap_err().to_string();
        assert!(error.contains("layer 'c'"), "{new} for {old}: {error}");
        assert!(error.contains(problem), "{new} for {old}: {error}");
    }
}

#[test]
fn an_option_that_stands_twice_is_an_error_that_names_the_layer_and_the_option() {
    for (old, new, key) in [
        (r#""filters":2"#, r#""filters":3,"filters":2"#, "filters"),
        (r#""filters":2"#, r#""filters":2,"filters":2"#, "filters"),
        (r#""filters":2"#, r#""bias":true,"filters":2,"kernel":[1,1]"#, "kernel"),
        (r#""op":"conv2d""#, r#""op":"relu","op":"conv2d""#, "op"),
        (r#""inputs":["input"]"#, r#""inputs":["input"],"\u0069nputs":["input"]"#, "inputs"),
        (r#""name":"c""#, r#""name":"b","name":"c""#, "name"),
    ] {
        let error = replaced(SMALL, old, new).unwrap_err().to_string();
        assert!(error.contains(&format!("layer 'c': '{key}' stands twice")), "{new} for {old}: {error}");
    }
}

#[test]
fn operations_without_options_take_none() {
    let mut operations = 0;
    for op in [
        "relu",
        "relu6",
        "sigmoid",
        "silu",
        "hard_sigmoid",
        "hard_swish",
        "add",
        "multiply",
        "concat",
        "flatten",
        "softmax",
        "global_max_pool2d",
        "global_avg_pool2d",
    ] {
        let layer = |option| {
            format!(
                r#"{{"input":[2],"nodes":[{{"name":"x","op":"{op}","inputs":[]{option}}}],"output":"x"}}"#
            )
        };
        assert_eq!(Network::from_json(&layer("")).unwrap().nodes[0].op.name(), op);
        let error = Network::from_json(&layer(r#","units":3"#)).unwrap_err().to_string();
        assert!(error.contains("layer 'x'") && error.contains("unknown field `units`"), "{op}: {error}");
        operations += 1;
    }
    assert_eq!(operations, 13);
}

#[test]
fn operations_with_options_take_no_other() {
    let mut operations = 0;
    for (op, options) in [
        ("conv2d", r#""filters":1,"kernel":[1,1]"#),
        ("max_pool2d", r#""kernel":[1,1],"stride":[1,1]"#),
        ("avg_pool2d", r#""kernel":[1,1],"stride":[1,1]"#),
        ("dense", r#""units":1"#),
        ("local_response_norm", r#""alpha":1.0,"size":5"#),
    ] {
        let layer = |options: &str| {
            format!(
                r#"{{"input":[2],"nodes":[{{"name":"x","op":"{op}","inputs":[],{options}}}],"output":"x"}}"#
            )
        };
        assert_eq!(Network::from_json(&layer(options)).unwrap().nodes[0].op.name(), op);
        let error = Network::from_json(&layer(&format!(r#"{options},"extent":3"#))).unwrap_err().to_string();
        assert!(error.contains("layer 'x'") && error.contains("unknown field `extent`"), "{op}: {error}");
        let missing = options.rsplit_once(",\"").map_or(r#""bias":true"#, |(first, _)| first);
        let error = Network::from_json(&layer(missing)).unwrap_err().to_string();
        assert!(error.contains("layer 'x'") && error.contains("missing field"), "{op}: {error}");
        operations += 1;
    }
    assert_eq!(operations, 5);
}

#[test]
fn a_mistake_outside_of_the_layers_is_an_error_that_names_the_field() {
    for (old, new, problem) in [
        (r#""output":"s""#, r#""outputs":"s""#, "unknown field `outputs`"),
        (r#","output":"s""#, "", "missing field `output`"),
        (r#""output":"s""#, r#""output":"d","output":"s""#, "duplicate field `output`"),
        (r#""input":[2,6,6],"#, "", "missing field `input`"),
        ("[2,6,6]", "2", "invalid type: integer `2`"),
        (r#""name":"d","#, "", "missing field `name`"),
        (r#"{"name":"d","op":"dense","inputs":["f"],"units":3}"#, "7", "invalid type: integer `7`"),
    ] {
        let error = replaced(SMALL, old, new).unwrap_err().to_string();
        assert!(error.contains(problem), "{new} for {old}: {error}");
        assert!(error.starts_with("the network is not valid JSON of a network description: "), "{error}");
    }
}

#[test]
fn every_beginning_of_a_description_is_an_error() {
    let mut beginnings = 0;
    for end in 0..SMALL.len() {
        assert!(Network::from_json(&SMALL[..end]).is_err(), "{end}");
        beginnings += 1;
    }
    assert_eq!(beginnings, SMALL.len());
    assert!(Network::from_json(&format!("{SMALL} {SMALL}")).is_err());
    assert!(Network::from_json(&"[".repeat(100_000)).is_err());
}
