//! The model file: one safetensors file, whose header's metadata holds network, preprocessing and labels.
//!
//! Reading is all or nothing, lists every problem at once, and recognises the format by the content.

mod digest;
mod foreign;
mod header;

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::model::{bad_values, check_labels};
use crate::network::{Graph, Network};
use crate::{Error, Model, Preprocessing};
use header::TensorInfo;

pub use digest::Digest;
pub(crate) use header::Header;

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
    let bytes: Vec<Vec<u8>> =
        specs.iter().map(|spec| little_endian(&model.weights()[spec.range.clone()])).collect();
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

/// The bytes of numbers. Written in place, which compilers turn into a copy: models have hundreds of megabytes.
fn little_endian(values: &[f32]) -> Vec<u8> {
    let mut bytes = vec![0; 4 * values.len()];
    for (out, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
        *out = value.to_le_bytes();
    }
    bytes
}

/// Reads a model's file: all of it, or an error that lists every problem.
pub fn read(file: &[u8]) -> Result<Model, Error> {
    match Checked::read(file, file.len() as u64)? {
        Checked { parts: Some((metadata, graph)), tensors, settings } if tensors.is_empty() => {
            let weights = read_weights(file, &graph)?;
            let problems = [bad_values(graph.layout(), &weights), settings].concat();
            if !problems.is_empty() {
                return Err(Error::ModelFile(problems));
            }
            Model::new(graph, metadata.preprocessing, metadata.labels, weights)
        }
        checked => Err(checked.error()),
    }
}

/// Reads the header alone, from the beginning of a model's file of `file_bytes` bytes. Checks all that
/// [`read`] checks but the weights' values.
///
/// `start` holds 8 bytes and the header, or more: 8 MiB and 8 bytes always suffice. Where it is too short, the
/// error is [`Error::Setting`] and says how many bytes it takes.
pub fn read_header(start: &[u8], file_bytes: u64) -> Result<Metadata, Error> {
    match Checked::read(start, file_bytes)? {
        Checked { parts: Some((metadata, _)), tensors, settings }
            if tensors.is_empty() && settings.is_empty() =>
        {
            Ok(metadata)
        }
        checked => Err(checked.error()),
    }
}

/// What a header says, with all that is wrong with it.
struct Checked {
    /// Nothing where the network cannot be understood, which is one of the problems of `tensors`.
    parts: Option<(Metadata, Graph)>,
    /// Problems for which the weights cannot be read: of their places, names and shapes.
    tensors: Vec<String>,
    /// Problems of preprocessing and labels.
    settings: Vec<String>,
}

impl Checked {
    fn read(start: &[u8], file_bytes: u64) -> Result<Checked, Error> {
        let header = Header::read(start, file_bytes)?;
        let mut checked = Checked { parts: None, tensors: header.problems(), settings: vec![] };
        match read_parts(&header) {
            Ok((metadata, graph)) => {
                checked.tensors.extend(mismatches(&graph, &header));
                let preprocessing = metadata.preprocessing.table(graph.input()).err();
                let labels = check_labels(&metadata.labels, graph.classes()).err();
                checked.settings.extend([preprocessing, labels].into_iter().flatten().map(|e| e.to_string()));
                checked.parts = Some((metadata, graph));
            }
            Err(problem) => checked.tensors.push(problem),
        }
        Ok(checked)
    }

    fn error(self) -> Error {
        Error::ModelFile([self.tensors, self.settings].concat())
    }
}

fn read_parts(header: &Header) -> Result<(Metadata, Graph), String> {
    let metadata = read_metadata(header)?;
    let graph = Graph::new(&metadata.network).map_err(|e| e.to_string())?;
    Ok((metadata, graph))
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
