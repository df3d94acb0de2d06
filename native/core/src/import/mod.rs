//! Models from the weights of other programs: safetensors files and PyTorch's state dictionaries.
//!
//! All or nothing, and recognised by the content. A pickle is read as data: what it would import is refused by name,
//! but for tensors and containers.

mod float;
mod names;
mod pickle;
mod safetensors;
mod tensor;
mod torch_legacy;
mod torch_zip;
mod zip;

use std::collections::HashMap;

use crate::network::{Graph, Network, Role};
use crate::zoo::Entry;
use crate::{Error, Model, Preprocessing};
use tensor::Tensor;

/// The largest number of tensors of a file.
const MAX_TENSORS: usize = 100_000;

/// The longest name of a tensor, in bytes.
const MAX_NAME: usize = 1024;

/// What a file's weights belong to.
#[derive(Debug, Clone)]
pub enum Architecture {
    /// A network of the zoo, with its preprocessing.
    Zoo(Entry),
    /// A network of one's own.
    Own(Network, Preprocessing),
}

/// Reads the weights of a network. `labels` are the classes' names; where they are empty, a network of the zoo has
/// as many classes as its weights. The error lists every tensor that is missing, unexpected, of another shape, or not
/// readable, or tells that the labels are too many or too few for the weights.
///
/// A prefix that all names share (`module.`), counters of batches, and what a network of the zoo has for training
/// alone are left out.
pub fn import(architecture: &Architecture, file: &[u8], labels: Vec<String>) -> Result<Model, Error> {
    let mut tensors = read(file).map_err(|problem| Error::WeightsFile(vec![problem]))?;
    let (graph, preprocessing) = match architecture {
        Architecture::Zoo(entry) => {
            let usual = Graph::new(&entry.network(entry.input, entry.classes))?;
            names::adapt(&mut tensors, &usual, architecture);
            (of_as_many_classes(entry, usual, &tensors, &labels)?, entry.preprocessing())
        }
        Architecture::Own(network, preprocessing) => {
            let graph = Graph::new(network)?;
            names::adapt(&mut tensors, &graph, architecture);
            (graph, preprocessing.clone())
        }
    };
    let weights = weights(&graph, &tensors).map_err(Error::WeightsFile)?;
    Model::new(graph, preprocessing, labels, weights)
}

/// The network of the zoo with the classes that the weights are of, which must be as many as the labels, if any.
fn of_as_many_classes(
    entry: &Entry,
    usual: Graph,
    tensors: &[(String, Tensor)],
    labels: &[String],
) -> Result<Graph, Error> {
    // Where the weights do not tell, they fit no network: the usual one says what is missing.
    let found =
        classes(&usual, tensors).unwrap_or(if labels.is_empty() { entry.classes } else { labels.len() });
    if !labels.is_empty() && labels.len() != found {
        let problem = format!("{} labels, the weights are of {found} classes", labels.len());
        return Err(Error::WeightsFile(vec![problem]));
    }
    if found == entry.classes { Ok(usual) } else { Graph::new(&entry.network(entry.input, found)) }
}

/// The number of classes of weights: the results of the last layer that has any, if its inputs are the usual ones.
fn classes(usual: &Graph, tensors: &[(String, Tensor)]) -> Option<usize> {
    let last = usual.layout().specs().iter().rfind(|spec| spec.role == Role::Weight)?;
    let (_, tensor) = tensors.iter().find(|(name, _)| *name == last.name)?;
    let (&classes, inputs) = tensor.shape.split_first()?;
    // The file must be as long as that, or one of a few bytes could ask for any amount of memory.
    (inputs == &last.shape[1..] && classes > 0 && tensor.repeats_nothing()).then_some(classes)
}

/// The tensors of a file, by their names as they stand there.
fn read(file: &[u8]) -> Result<Vec<(String, Tensor<'_>)>, String> {
    if safetensors::is(file) {
        safetensors::read(file)
    } else if zip::is(file) {
        torch_zip::read(file)
    } else if torch_legacy::is(file) {
        torch_legacy::read(file)
    } else {
        Err("it is neither a safetensors file nor a state dictionary that PyTorch saved".to_owned())
    }
}

/// All weights of a network, or every difference between those that it needs and those that there are.
fn weights(graph: &Graph, tensors: &[(String, Tensor)]) -> Result<Vec<f32>, Vec<String>> {
    let mut problems = vec![];
    let mut found: HashMap<&str, &Tensor> = HashMap::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        if found.insert(name, tensor).is_some() {
            problems.push(format!("two tensors are named '{name}'"));
        }
    }
    let mut wanted = vec![];
    for spec in graph.layout().specs() {
        match found.remove(spec.name.as_str()) {
            None => problems.push(format!("tensor '{}' of shape {:?} is missing", spec.name, spec.shape)),
            Some(tensor) if tensor.shape != spec.shape => {
                let (name, found, expected) = (&spec.name, &tensor.shape, &spec.shape);
                problems.push(format!("tensor '{name}' has shape {found:?}, expected {expected:?}"));
            }
            Some(tensor) => wanted.push((&spec.name, tensor)),
        }
    }
    for (name, tensor) in tensors.iter().filter(|(name, _)| found.contains_key(name.as_str())) {
        let shape = &tensor.shape;
        problems.push(format!("tensor '{name}' of shape {shape:?} belongs to no layer of the network"));
    }
    let unreadable = wanted.iter().filter_map(|(name, tensor)| {
        tensor.check().err().map(|problem| format!("tensor '{name}': {problem}"))
    });
    problems.extend(unreadable);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut weights = Vec::with_capacity(graph.layout().values());
    for (_, tensor) in wanted {
        tensor.append(&mut weights);
    }
    Ok(weights)
}
