//! Weights to begin a training with: those of a model, but for some layers.

use std::collections::HashMap;

use crate::network::{Graph, GraphNode, WeightSpec};
use crate::{Error, Initializer, Model};

/// The weights of `source` for the network `graph`, matched by name. Those of the layers `fresh`, given by their names
/// or the beginnings of their names up to a dot, are drawn by the initializer instead, whatever `source` has there.
///
/// The error lists every weight that is missing in one of the two or has another shape, and every entry of `fresh`
/// that stands for no layer with weights.
pub fn transfer(
    graph: &Graph,
    source: &Model,
    fresh: &[String],
    initializer: Initializer,
    seed: u64,
) -> Result<Vec<f32>, Error> {
    let is_fresh = |node: &GraphNode| fresh.iter().any(|entry| node.is_within(entry));
    let mut problems: Vec<String> = fresh
        .iter()
        .filter(|entry| !graph.nodes().iter().any(|node| node.is_within(entry) && !node.weights.is_empty()))
        .map(|entry| format!("'{entry}' is no layer with weights, nor the beginning of such a name"))
        .collect();
    let mut given: HashMap<&str, &WeightSpec> =
        kept(source.graph(), is_fresh).into_iter().map(|spec| (spec.name.as_str(), spec)).collect();
    let mut weights = initializer.weights(graph.layout(), seed);
    for spec in kept(graph, is_fresh) {
        let (name, shape) = (&spec.name, &spec.shape);
        match given.remove(name.as_str()) {
            None => problems.push(format!("the model has no '{name}' of shape {shape:?}")),
            Some(own) if own.shape != *shape => {
                let found = &own.shape;
                problems.push(format!("the model's '{name}' has shape {found:?}, the network's {shape:?}"));
            }
            Some(own) => {
                weights[spec.range.clone()].copy_from_slice(&source.weights()[own.range.clone()]);
            }
        }
    }
    for spec in source.graph().layout().specs().iter().filter(|s| given.contains_key(s.name.as_str())) {
        problems.push(format!("the network has no '{}' of shape {:?}", spec.name, spec.shape));
    }
    if problems.is_empty() { Ok(weights) } else { Err(Error::Transfer(problems)) }
}

/// The weights of all layers but the fresh ones.
fn kept(graph: &Graph, is_fresh: impl Fn(&GraphNode) -> bool) -> Vec<&WeightSpec> {
    let specs = graph.layout().specs();
    let nodes = graph.nodes().iter().filter(|node| !is_fresh(node));
    nodes.flat_map(|node| &specs[node.weights.clone()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Preprocessing;
    use crate::network::Network;

    fn graph(units: usize, classes: usize) -> Graph {
        Graph::new(&Network::input(&[3]).dense(units).relu().dense(classes).build()).unwrap()
    }

    fn model() -> Model {
        let graph = graph(4, 2);
        let weights = (0..graph.layout().values()).map(|i| i as f32).collect();
        Model::new(graph, Preprocessing::default(), vec![], weights).unwrap()
    }

    fn from_model(graph: &Graph, fresh: &[&str]) -> Result<Vec<f32>, Error> {
        let fresh: Vec<String> = fresh.iter().map(|&name| name.to_owned()).collect();
        transfer(graph, &model(), &fresh, Initializer::He, 5)
    }

    #[test]
    fn weights_are_taken_by_name_and_fresh_layers_are_drawn() {
        assert_eq!(from_model(&graph(4, 2), &[]).unwrap(), model().weights());
        let other = graph(4, 7);
        let weights = from_model(&other, &["dense2"]).unwrap();
        assert_eq!(weights[..16], model().weights()[..16]);
        assert_eq!(weights[16..], Initializer::He.weights(other.layout(), 5)[16..]);
        let all = from_model(&graph(4, 2), &["dense1", "dense2"]).unwrap();
        assert_eq!(all, Initializer::He.weights(graph(4, 2).layout(), 5));
    }

    #[test]
    fn everything_that_does_not_fit_is_listed() {
        let error = from_model(&graph(4, 7), &["dense"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "the model's weights do not fit the network: 3 problems\n \
             - 'dense' is no layer with weights, nor the beginning of such a name\n \
             - the model's 'dense2.weight' has shape [2, 4], the network's [7, 4]\n \
             - the model's 'dense2.bias' has shape [2], the network's [7]"
        );
        let shorter = Graph::new(&Network::input(&[3]).dense(4).build()).unwrap();
        let error = from_model(&shorter, &[]).unwrap_err().to_string();
        assert!(error.contains("the network has no 'dense2.bias' of shape [2]"), "{error}");
        let longer = Graph::new(&Network::input(&[3]).dense(4).dense(2).dense(2).build()).unwrap();
        let error = from_model(&longer, &[]).unwrap_err().to_string();
        assert!(error.contains("the model has no 'dense3.weight' of shape [2, 2]"), "{error}");
    }
}
