//! Which layers and weights learn.

use firesteel_core::network::Graph;

use crate::Error;

/// The parts of a network that learn.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Whether each layer, by its index, stays as it is.
    pub(crate) frozen: Vec<bool>,
    /// The weights that gradients change: indices into the descriptions of the graph's layout.
    pub(crate) trained: Vec<usize>,
}

impl Selection {
    /// All layers, or those whose names are in the list or begin with one of it and a dot. An error names every
    /// entry that stands for no layer with weights.
    pub(crate) fn new(graph: &Graph, layers: Option<&[String]>) -> Result<Selection, Error> {
        let nodes = graph.nodes();
        let frozen: Vec<bool> = nodes
            .iter()
            .map(|node| layers.is_some_and(|all| !all.iter().any(|entry| node.is_within(entry))))
            .collect();
        let without_weights =
            |entry: &&String| !nodes.iter().any(|node| node.is_within(entry) && !node.weights.is_empty());
        let mut problems: Vec<String> = layers
            .unwrap_or_default()
            .iter()
            .filter(without_weights)
            .map(|entry| format!("'{entry}' is no layer with weights, nor the beginning of such a name"))
            .collect();
        if layers.is_some_and(<[String]>::is_empty) {
            problems.push("the list is empty: nothing would learn".to_owned());
        }
        if !problems.is_empty() {
            return Err(Error::TrainableLayers { problems });
        }
        let specs = graph.layout().specs();
        let trained = nodes
            .iter()
            .zip(&frozen)
            .filter(|(_, frozen)| !**frozen)
            .flat_map(|(node, _)| node.weights.clone())
            .filter(|&i| specs[i].role.trainable())
            .collect();
        Ok(Selection { frozen, trained })
    }
}
