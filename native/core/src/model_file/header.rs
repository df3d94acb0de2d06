//! The header of a safetensors file, read strictly: it may come from anywhere.
//!
//! Layout: 8 bytes little-endian length of the header, the header (JSON), the tensors' bytes without holes.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::foreign;
use crate::Error;
use crate::json::Entries;

/// The bytes that hold the header's length.
const LENGTH_BYTES: usize = 8;

/// The largest header, in bytes.
const MAX_HEADER: usize = 8 << 20;

/// The largest number of tensors.
const MAX_TENSORS: usize = 100_000;

/// The entry that holds text instead of a tensor.
const METADATA: &str = "__metadata__";

/// A header whose JSON has been understood; its tensors may still overlap: see [`Header::problems`].
#[derive(Debug)]
pub(crate) struct Header {
    pub(super) metadata: HashMap<String, String>,
    pub(crate) tensors: Vec<(String, TensorInfo)>,
    pub(crate) data_bytes: usize,
}

/// What a header says of one tensor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TensorInfo {
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) data_offsets: [usize; 2],
}

impl Header {
    /// Reads the header at the start of a file of `file_bytes` bytes, of which `start` holds the first ones.
    pub(crate) fn read(start: &[u8], file_bytes: u64) -> Result<Header, Error> {
        let (json, data_bytes) = split(start, file_bytes)?;
        let entries: Entries<Box<RawValue>> =
            serde_json::from_slice(json).map_err(|e| one(format!("its header is not valid JSON: {e}")))?;
        let mut header = Header { metadata: HashMap::new(), tensors: vec![], data_bytes };
        let mut problems = vec![];
        let mut names = HashSet::new();
        for (name, value) in entries.0 {
            if !names.insert(name.clone()) {
                problems.push(format!("its header names '{name}' twice"));
            } else if name == METADATA {
                match parse::<Entries<String>>(&value) {
                    Ok(entries) => {
                        for (key, text) in entries.0 {
                            if let Some((key, _)) = header.metadata.remove_entry(&key) {
                                problems.push(format!("the metadata in its header names '{key}' twice"));
                            }
                            header.metadata.insert(key, text);
                        }
                    }
                    Err(e) => problems.push(format!("the metadata in its header: {e}")),
                }
            } else {
                match parse::<TensorInfo>(&value) {
                    Ok(info) => header.tensors.push((name, info)),
                    Err(e) => problems.push(format!("tensor '{name}': {e}")),
                }
            }
        }
        if header.tensors.len() > MAX_TENSORS {
            let found = header.tensors.len();
            problems = vec![format!("its header names {found} tensors, at most {MAX_TENSORS} are read")];
        }
        if problems.is_empty() { Ok(header) } else { Err(Error::ModelFile(problems)) }
    }

    /// Every tensor whose bytes are not where they should be.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = vec![];
        let mut spans = vec![];
        for (name, info) in &self.tensors {
            match info.span(self.data_bytes) {
                Ok(span) => spans.push((span, name)),
                Err(problem) => problems.push(format!("tensor '{name}': {problem}")),
            }
        }
        if !problems.is_empty() {
            return problems;
        }
        spans.sort_unstable();
        let mut end = 0;
        for ([from, to], name) in spans {
            if from > end {
                problems.push(format!("no tensor covers the bytes {end} to {from}, before tensor '{name}'"));
            } else if from < end {
                problems.push(format!("tensor '{name}' overlaps the one before it by {} bytes", end - from));
            }
            end = end.max(to);
        }
        if end != self.data_bytes {
            problems.push(format!("its tensors have {end} bytes, {} follow the header", self.data_bytes));
        }
        problems
    }
}

impl TensorInfo {
    /// The tensor's bytes, if they lie inside the file and are as many as dtype and shape say.
    fn span(&self, data_bytes: usize) -> Result<[usize; 2], String> {
        let [from, to] = self.data_offsets;
        if from > to || to > data_bytes {
            return Err(format!(
                "its bytes {from} to {to} are not inside the file's {data_bytes} bytes of data"
            ));
        }
        let size = match self.dtype.as_str() {
            "BOOL" | "U8" | "I8" => 1,
            "U16" | "I16" | "F16" | "BF16" => 2,
            "U32" | "I32" | "F32" => 4,
            "U64" | "I64" | "F64" => 8,
            other => return Err(format!("its dtype {other} is not known")),
        };
        let (dtype, shape, found) = (&self.dtype, &self.shape, to - from);
        match shape.iter().try_fold(size, |n: usize, &d| n.checked_mul(d)) {
            Some(bytes) if bytes == found => Ok([from, to]),
            Some(bytes) => Err(format!("{dtype} of shape {shape:?} takes {bytes} bytes, it has {found}")),
            None => Err(format!("{dtype} of shape {shape:?} is too large")),
        }
    }
}

/// The header's JSON and the number of bytes that follow it in the file.
fn split(start: &[u8], file_bytes: u64) -> Result<(&[u8], usize), Error> {
    let given = start.len() as u64;
    if given > file_bytes {
        return Err(setting(format!("{given} bytes are given of a file of {file_bytes}")));
    }
    if given < file_bytes && start.len() <= LENGTH_BYTES {
        // The byte after the length tells a header from a file of another format.
        return Err(too_short(LENGTH_BYTES + 1, given));
    }
    let foreign = || one(foreign::describe(start));
    let (length, rest) = start.split_first_chunk::<LENGTH_BYTES>().ok_or_else(foreign)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if rest.first() != Some(&b'{') {
        return Err(foreign());
    }
    if length > MAX_HEADER {
        return Err(one(format!("its header has {length} bytes, at most {MAX_HEADER} are read")));
    }
    let after_length = file_bytes - LENGTH_BYTES as u64;
    let Some(data_bytes) = after_length.checked_sub(length as u64) else {
        return Err(one(format!(
            "its header should have {length} bytes, the file ends after {after_length}"
        )));
    };
    let json = rest.get(..length).ok_or_else(|| too_short(LENGTH_BYTES + length, given))?;
    Ok((json, usize::try_from(data_bytes).unwrap_or(usize::MAX)))
}

fn one(problem: String) -> Error {
    Error::ModelFile(vec![problem])
}

/// What is wrong with the beginning of a file as it was given, not with the file.
fn setting(problem: String) -> Error {
    Error::Setting { name: "the model file's beginning", problem }
}

fn too_short(needed: usize, given: u64) -> Error {
    setting(format!("its header takes the first {needed} bytes, {given} are given"))
}

fn parse<T: DeserializeOwned>(value: &RawValue) -> Result<T, serde_json::Error> {
    serde_json::from_str(value.get())
}
