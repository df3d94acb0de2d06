//! A network whose names, shapes and weights have been checked: what everything else works with.

use std::collections::HashMap;
use std::ops::Range;

use super::{INPUT, Layout, Network, Op, Shape, limits};
use crate::Error;

/// Where a layer gets an input from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The network's input.
    Input,
    /// The result of the layer with that index.
    Node(usize),
}

/// A layer with all that was inferred about it.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphNode {
    /// The layer's name.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Where its inputs come from.
    pub inputs: Vec<Source>,
    /// The shape of its result.
    pub shape: Shape,
    /// Its weights: a range of [`Layout::specs`].
    pub weights: Range<usize>,
}

impl GraphNode {
    /// Whether `entry` is the layer's name, or the beginning of it up to a dot: `layer4` of `layer4.0.conv1`.
    pub fn is_within(&self, entry: &str) -> bool {
        self.name.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The number of values to keep for its result: none where it is the same memory as its input.
    pub fn stored_values(&self) -> usize {
        if self.op.keeps_values() { 0 } else { self.shape.values() }
    }
}

/// A checked network. Layers stand in an order in which each follows its inputs.
#[derive(Debug, Clone)]
pub struct Graph {
    network: Network,
    input: Shape,
    nodes: Vec<GraphNode>,
    layout: Layout,
    logits: Source,
    classes: usize,
}

impl Graph {
    /// Infers every shape before anything is built, and keeps to [`MAX_LAYERS`](super::MAX_LAYERS),
    /// [`MAX_WEIGHTS`](super::MAX_WEIGHTS) and [`MAX_ACTIVATIONS`](super::MAX_ACTIVATIONS). An error names the layer
    /// and the shapes.
    pub fn new(network: &Network) -> Result<Graph, Error> {
        limits::check_layers(network.nodes.len()).map_err(Error::Network)?;
        let input = Shape::new(&network.input).map_err(|e| Error::Network(format!("the input's {e}")))?;
        let mut activations = input.values();
        limits::check_activations(activations).map_err(|e| Error::Network(format!("the input: {e}")))?;
        let mut layout = Layout::default();
        let mut nodes: Vec<GraphNode> = Vec::with_capacity(network.nodes.len());
        let mut index = HashMap::from([(INPUT, Source::Input)]);
        for node in &network.nodes {
            let failed =
                |problem: String| Error::Layer { layer: node.name.clone(), op: node.op.name(), problem };
            check_name(&node.name).map_err(failed)?;
            let inputs = node
                .inputs
                .iter()
                .map(|name| index.get(name.as_str()).copied().ok_or_else(|| unknown(name)))
                .collect::<Result<Vec<_>, _>>()
                .map_err(failed)?;
            let shapes: Vec<&Shape> = inputs.iter().map(|&source| shape_of(&input, &nodes, source)).collect();
            let shape = node.op.infer(&shapes).map_err(failed)?;
            let weights = layout.append(&node.name, &node.op, shapes[0]).map_err(failed)?;
            if index.insert(&node.name, Source::Node(nodes.len())).is_some() {
                return Err(failed("the name is taken by another layer".to_owned()));
            }
            let checked = GraphNode { name: node.name.clone(), op: node.op.clone(), inputs, shape, weights };
            activations += checked.stored_values();
            limits::check_activations(activations).map_err(failed)?;
            nodes.push(checked);
        }
        let Some(&output @ Source::Node(last)) = index.get(network.output.as_str()) else {
            return Err(Error::Network(format!("the output '{}' is none of the layers", network.output)));
        };
        check_all_used(&nodes, last)?;
        let classes = shape_of(&input, &nodes, output).vector().ok_or_else(|| {
            let (layer, shape) = (&network.output, &nodes[last].shape);
            Error::Network(format!(
                "the output of '{layer}' is {shape}, not a vector: put a flatten after it"
            ))
        })?;
        let logits = if matches!(nodes[last].op, Op::Softmax {}) { nodes[last].inputs[0] } else { output };
        Ok(Graph { network: network.clone(), input, nodes, layout, logits, classes })
    }

    /// Reads a description and checks it.
    pub fn from_json(json: &str) -> Result<Graph, Error> {
        Graph::new(&Network::from_json(json)?)
    }

    /// The description.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The shape of one input.
    pub fn input(&self) -> &Shape {
        &self.input
    }

    /// The layers.
    pub fn nodes(&self) -> &[GraphNode] {
        &self.nodes
    }

    /// The weights.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where the scores before a final softmax come from: cross-entropy is computed from these.
    pub fn logits(&self) -> Source {
        self.logits
    }

    /// The number of classes: the length of the output.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The shape of what `source` gives.
    pub fn shape(&self, source: Source) -> &Shape {
        shape_of(&self.input, &self.nodes, source)
    }

    /// The layers that it takes to compute what `sources` give, in their order and by their index.
    pub fn needed_by(&self, sources: &[Source]) -> Vec<usize> {
        let needed = needed(&self.nodes, sources);
        (0..needed.len()).filter(|&i| needed[i]).collect()
    }

    /// Refuses weights of the wrong number.
    pub fn check_weights(&self, weights: &[f32]) -> Result<(), Error> {
        let (expected, found) = (self.layout.values(), weights.len());
        if found == expected { Ok(()) } else { Err(Error::WeightCount { expected, found }) }
    }
}

fn shape_of<'a>(input: &'a Shape, nodes: &'a [GraphNode], source: Source) -> &'a Shape {
    match source {
        Source::Input => input,
        Source::Node(i) => &nodes[i].shape,
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(legal) {
        return Err("a name consists of letters, digits, '_', '-' and '.'".to_owned());
    }
    if name == INPUT {
        return Err(format!("'{INPUT}' names the network's input"));
    }
    Ok(())
}

fn unknown(name: &str) -> String {
    format!("its input '{name}' is neither '{INPUT}' nor an earlier layer")
}

/// Whether each layer is needed for what `sources` give.
fn needed(nodes: &[GraphNode], sources: &[Source]) -> Vec<bool> {
    let mut needed = vec![false; nodes.len()];
    let mut sources = sources.to_vec();
    while let Some(source) = sources.pop() {
        if let Source::Node(i) = source
            && !std::mem::replace(&mut needed[i], true)
        {
            sources.extend(&nodes[i].inputs);
        }
    }
    needed
}

/// A layer that leads nowhere is a mistake in the description, and has no gradient.
fn check_all_used(nodes: &[GraphNode], output: usize) -> Result<(), Error> {
    match needed(nodes, &[Source::Node(output)]).iter().rposition(|needed| !needed) {
        None => Ok(()),
        Some(unused) => {
            let (name, output) = (&nodes[unused].name, &nodes[output].name);
            Err(Error::Network(format!("layer '{name}' leads nowhere: the output is '{output}'")))
        }
    }
}
