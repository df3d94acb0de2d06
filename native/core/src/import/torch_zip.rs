//! PyTorch's files since version 1.6: a zip archive of a pickle and a file for each storage.

use super::pickle::{self, state_dict};
use super::tensor::Tensor;
use super::zip;

/// All tensors of the file's state dictionary.
pub(super) fn read(file: &[u8]) -> Result<Vec<(String, Tensor<'_>)>, String> {
    let entries = zip::read(file)?;
    let mut pickles = entries.keys().filter_map(|name| name.strip_suffix("/data.pkl"));
    let (Some(folder), None) = (pickles.next(), pickles.next()) else {
        return Err(
            "it is a zip archive, but not one that PyTorch wrote: it has no single data.pkl".to_owned()
        );
    };
    if entries.keys().any(|name| name.ends_with("/constants.pkl") || name.contains("/code/")) {
        return Err("it is a TorchScript program: save its state_dict() instead".to_owned());
    }
    if let Some((name, _)) = entries.iter().filter(|(_, content)| content.is_none()).min() {
        return Err(format!("the entry '{name}' of its zip archive is compressed or encrypted"));
    }
    let entry = |name: &str| entries.get(&format!("{folder}/{name}")).copied().flatten();
    if entry("byteorder").is_some_and(|order| order != b"little") {
        return Err("its numbers are not little-endian".to_owned());
    }
    let (pickle, _) = pickle::load(entry("data.pkl").unwrap_or_default())?;
    state_dict(&pickle, |key| entry(&format!("data/{key}")))
}
