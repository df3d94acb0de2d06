//! The description of a network: named layers that name their inputs, as JSON.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

use super::{NetworkBuilder, Op};
use crate::Error;
use crate::json::Entries;

/// The name by which layers refer to the network's input.
pub const INPUT: &str = "input";

/// A network: the shape of one input, layers in an order in which every layer follows its inputs, and the
/// layer whose values are the result.
///
/// ```json
/// {"input": [1, 28, 28],
///  "nodes": [{"name": "conv1", "op": "conv2d", "inputs": ["input"], "filters": 20, "kernel": [5, 5]},
///            {"name": "flatten1", "op": "flatten", "inputs": ["conv1"]},
///            {"name": "dense1", "op": "dense", "inputs": ["flatten1"], "units": 10}],
///  "output": "dense1"}
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// `[channels, height, width]`, or `[n]` for vectors.
    pub input: Vec<usize>,
    /// The layers.
    pub nodes: Vec<Node>,
    /// Name of the layer that gives the result.
    pub output: String,
}

/// A layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// Unique within the network; the prefix of the layer's weights, as in `conv1.weight`.
    pub name: String,
    /// What it computes.
    #[serde(flatten)]
    pub op: Op,
    /// Names of earlier layers, or [`INPUT`].
    pub inputs: Vec<String>,
}

impl Network {
    /// Starts a chain of layers; `input` is `[channels, height, width]` or `[n]`.
    pub fn input(input: &[usize]) -> NetworkBuilder {
        NetworkBuilder::new(input)
    }

    /// Reads a description. Unknown fields are errors: a misspelt option must not be ignored.
    pub fn from_json(json: &str) -> Result<Network, Error> {
        serde_json::from_str(json).map_err(|e| Error::NetworkSyntax(e.to_string()))
    }

    /// Writes the description in its canonical form: every option is spelt out.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|e| Error::NetworkSyntax(e.to_string()))
    }
}

// By hand, since serde can refuse neither unknown nor repeated fields beside a flattened one.
impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        let mut fields = Map::new();
        let mut repeated = None;
        for (key, value) in Entries::<Value>::deserialize(deserializer)?.0 {
            if let Some((key, _)) = fields.remove_entry(&key) {
                repeated.get_or_insert(key);
            }
            fields.insert(key, value);
        }
        let mut take =
            |field: &'static str| fields.remove(field).ok_or_else(|| serde_json::Error::missing_field(field));
        let name = take("name").and_then(String::deserialize).map_err(D::Error::custom)?;
        let in_layer = |e: serde_json::Error| D::Error::custom(format_args!("layer '{name}': {e}"));
        if let Some(key) = repeated {
            return Err(in_layer(serde_json::Error::custom(format_args!("'{key}' stands twice"))));
        }
        let inputs = take("inputs").and_then(Vec::deserialize).map_err(in_layer)?;
        let op = Op::deserialize(Value::Object(fields)).map_err(in_layer)?;
        Ok(Node { name, op, inputs })
    }
}
