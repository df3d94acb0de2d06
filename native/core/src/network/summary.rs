//! What people and programs want to know about a network at a glance.

use serde::Serialize;

use super::{Graph, Network};

/// A network's layers with their shapes and sizes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The description in its canonical form.
    pub network: Network,
    /// The number of classes.
    pub classes: usize,
    /// The number of trainable values.
    pub parameters: usize,
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
            parameters: specs[node.weights.clone()].iter().map(|spec| spec.range.len()).sum(),
        });
        Summary {
            network: graph.network().clone(),
            classes: graph.classes(),
            parameters: graph.layout().values(),
            layers: layers.collect(),
        }
    }
}
