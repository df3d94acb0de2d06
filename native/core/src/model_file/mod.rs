//! The model file: one safetensors file, whose header's metadata holds network, preprocessing and labels.
//!
//! Reading is all or nothing, lists every problem at once, and recognises the format by the content.

mod digest;
mod foreign;
mod header;

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::model::{check_labels, not_finite};
use crate::network::{Graph, Network};
use crate::{Error, Model, Preprocessing};
use header::{Header, TensorInfo};

pub use digest::Digest;

/// The key of our entry in the safetensors header. One entry alone: the format does not order them, and the
/// same model must give the same bytes.
const KEY: &str = "firesteel";

/// The version of what stands in our entry.
const FORMAT: u32 = 1;

/// What a model file says beside the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The version of this description.
    pub format: u32,
    /// The network.
    pub network: Network,
    /// How bytes become numbers.
    pub preprocessing: Preprocessing,
    /// The classes' names; empty where they have none.
    pub labels: Vec<String>,
}

/// The part of [`Metadata`] that every version has.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Metadata {
    /// The description of a model.
    pub fn of(model: &Model) -> Metadata {
        Metadata {
            format: FORMAT,
            network: model.graph().network().clone(),
            preprocessing: model.preprocessing().clone(),
            labels: model.labels().to_vec(),
        }
    }
}

/// The bytes of a model's file. The same model gives the same bytes.
pub fn write(model: &Model) -> Result<Vec<u8>, Error> {
    let failed = |e: &dyn std::fmt::Display| Error::ModelFile(vec![format!("it cannot be written: {e}")]);
    let specs = model.graph().layout().specs();
    let bytes: Vec<Vec<u8>> = specs
        .iter()
        .map(|spec| model.weights()[spec.range.clone()].iter().flat_map(|v| v.to_le_bytes()).collect())
        .collect();
    let tensors = specs
        .iter()
        .zip(&bytes)
        .map(|(spec, bytes)| Ok((&spec.name, TensorView::new(Dtype::F32, spec.shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| failed(&e))?;
    let description = serde_json::to_string(&Metadata::of(model)).map_err(|e| failed(&e))?;
    let metadata = HashMap::from([(KEY.to_owned(), description)]);
    safetensors::serialize(tensors, Some(metadata)).map_err(|e| failed(&e))
}

/// Reads a model's file: all of it, or an error that lists every problem.
pub fn read(file: &[u8]) -> Result<Model, Error> {
    let header = Header::read(file).map_err(Error::ModelFile)?;
    let mut problems = header.problems();
    let metadata = match read_metadata(&header) {
        Ok(metadata) => Some(metadata),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let graph = metadata.as_ref().and_then(|m| match Graph::new(&m.network) {
        Ok(graph) => Some(graph),
        Err(e) => {
            problems.push(e.to_string());
            None
        }
    });
    let mut weights = None;
    if let (Some(metadata), Some(graph)) = (&metadata, &graph) {
        problems.extend(mismatches(graph, &header));
        if problems.is_empty() {
            let values = read_weights(file, graph)?;
            problems.extend(not_finite(graph.layout(), &values));
            weights = Some(values);
        }
        problems.extend(metadata.preprocessing.table(graph.input()).err().map(|e| e.to_string()));
        problems.extend(check_labels(&metadata.labels, graph.classes()).err().map(|e| e.to_string()));
    }
    match (metadata, graph, weights) {
        (Some(metadata), Some(graph), Some(weights)) if problems.is_empty() => {
            Model::new(graph, metadata.preprocessing, metadata.labels, weights)
        }
        _ => Err(Error::ModelFile(problems)),
    }
}

fn read_metadata(header: &Header) -> Result<Metadata, String> {
    let text = header.metadata.get(KEY).ok_or_else(|| {
        format!("its header has no metadata '{KEY}': the file holds weights alone, or was written by another program")
    })?;
    let failed = |e: serde_json::Error| format!("the metadata '{KEY}' in its header: {e}");
    // The version first: a later one may hold what this version does not know.
    let version: Version = serde_json::from_str(text).map_err(failed)?;
    match version.format {
        FORMAT => serde_json::from_str(text).map_err(failed),
        other => Err(format!("its format is {other}, this version reads {FORMAT}: use a newer Firesteel")),
    }
}

/// Every difference between the weights that the network needs and those in the file.
fn mismatches(graph: &Graph, header: &Header) -> Vec<String> {
    let found: HashMap<&str, &TensorInfo> = header.tensors.iter().map(|(n, t)| (n.as_str(), t)).collect();
    let mut problems = vec![];
    for spec in graph.layout().specs() {
        match found.get(spec.name.as_str()) {
            None => problems.push(format!("tensor '{}' of shape {:?} is missing", spec.name, spec.shape)),
            Some(info) if info.dtype != "F32" => {
                problems.push(format!("tensor '{}' has dtype {}, expected F32", spec.name, info.dtype));
            }
            Some(info) if info.shape != spec.shape => {
                let (name, found, expected) = (&spec.name, &info.shape, &spec.shape);
                problems.push(format!("tensor '{name}' has shape {found:?}, expected {expected:?}"));
            }
            Some(_) => {}
        }
    }
    let known: std::collections::HashSet<&str> =
        graph.layout().specs().iter().map(|spec| spec.name.as_str()).collect();
    for (name, _) in header.tensors.iter().filter(|(name, _)| !known.contains(name.as_str())) {
        problems.push(format!("tensor '{name}' belongs to no layer of the network"));
    }
    problems
}

fn read_weights(file: &[u8], graph: &Graph) -> Result<Vec<f32>, Error> {
    let failed = |e: safetensors::SafeTensorError| Error::ModelFile(vec![e.to_string()]);
    let tensors = SafeTensors::deserialize(file).map_err(failed)?;
    let mut weights = Vec::with_capacity(graph.layout().values());
    for spec in graph.layout().specs() {
        let tensor = tensors.tensor(&spec.name).map_err(failed)?;
        let (values, _) = tensor.data().as_chunks::<4>();
        weights.extend(values.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    }
    Ok(weights)
}
