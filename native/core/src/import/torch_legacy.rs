//! PyTorch's files before version 1.6: pickles behind each other, then the storages.

use std::collections::HashMap;

use super::pickle::{self, Object, Pickle, state_dict};
use super::tensor::Tensor;

/// The first pickle: a number that marks the format.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// The format's version, in the second pickle.
const VERSION: i64 = 1001;

/// Whether the file's content is in that format.
pub(super) fn is(file: &[u8]) -> bool {
    file.starts_with(MAGIC)
}

/// All tensors of the file's state dictionary.
pub(super) fn read(file: &[u8]) -> Result<Vec<(String, Tensor<'_>)>, String> {
    let rest = file.get(MAGIC.len()..).unwrap_or_default();
    let (version, rest) = pickle::load(rest)?;
    if !matches!(version.root(), Object::Int(VERSION)) {
        return Err(format!("its PyTorch format is not {VERSION}"));
    }
    let (system, rest) = pickle::load(rest)?;
    if !matches!(system.entry(system.root(), "little_endian"), Some(Object::Bool(true))) {
        return Err("its numbers are not little-endian".to_owned());
    }
    let (pickle, rest) = pickle::load(rest)?;
    let (keys, rest) = pickle::load(rest)?;
    let storages = storages(&pickle, &keys, rest)?;
    state_dict(&pickle, |key| storages.get(key).copied())
}

/// The bytes of each storage: in the order of the keys, each after the number of its values.
fn storages<'a>(
    pickle: &Pickle,
    keys: &Pickle,
    mut rest: &'a [u8],
) -> Result<HashMap<String, &'a [u8]>, String> {
    let widths: HashMap<&str, usize> =
        pickle.storages().map(|storage| (storage.key.as_str(), storage.kind.bytes())).collect();
    let mut found = HashMap::new();
    for key in keys.texts(keys.root()).ok_or("its list of storages is none")? {
        let width = *widths.get(key).ok_or_else(|| format!("its storage '{key}' has no tensor"))?;
        let (values, after) = rest.split_first_chunk().ok_or_else(cut_off)?;
        let bytes = usize::try_from(u64::from_le_bytes(*values)).ok().and_then(|n| n.checked_mul(width));
        let bytes = bytes.filter(|&bytes| bytes <= after.len()).ok_or_else(cut_off)?;
        let (own, after) = after.split_at(bytes);
        if found.insert(key.to_owned(), own).is_some() {
            return Err(format!("its storage '{key}' stands twice"));
        }
        rest = after;
    }
    Ok(found)
}

fn cut_off() -> String {
    "its storages are cut off".to_owned()
}
