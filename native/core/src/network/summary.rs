//! What people and programs want to know about a network at a glance.

use serde::Serialize;

use super::{Graph, Source, WeightSpec};

/// A network's layers with their shapes and sizes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The shape of one input.
    pub input: Vec<usize>,
    /// The number of classes.
    pub classes: usize,
    /// The number of trainable values.
    pub parameters: usize,
    /// The layer whose output the last layer with weights reads: the usual features for learning another task.
    /// Nothing where that layer reads the network's input, or where no layer has weights.
    pub features: Option<String>,
    /// The layers in their order.
    pub layers: Vec<LayerSummary>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSummary {
    /// Its name.
    pub name: String,
    /// Its operation.
    pub op: &'static str,
    /// The shape of its result.
    pub output: Vec<usize>,
    /// The number of its trainable values.
    pub parameters: usize,
}

impl Summary {
    /// Sums a checked network up.
    pub fn of(graph: &Graph) -> Summary {
        let specs = graph.layout().specs();
        let layers = graph.nodes().iter().map(|node| LayerSummary {
            name: node.name.clone(),
            op: node.op.name(),
            output: node.shape.dimensions().to_vec(),
            parameters: trainable(&specs[node.weights.clone()]),
        });
        Summary {
            input: graph.network().input.clone(),
            classes: graph.classes(),
            parameters: trainable(specs),
            features: features(graph),
            layers: layers.collect(),
        }
    }
}

fn trainable(specs: &[WeightSpec]) -> usize {
    specs.iter().filter(|spec| spec.role.trainable()).map(|spec| spec.range.len()).sum()
}

fn features(graph: &Graph) -> Option<String> {
    let last = graph.nodes().iter().rfind(|node| !node.weights.is_empty())?;
    match last.inputs[0] {
        Source::Input => None,
        Source::Node(i) => Some(graph.nodes()[i].name.clone()),
    }
}
