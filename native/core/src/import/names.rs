//! The names of a file's tensors as the network has them.

use super::Architecture;
use super::tensor::Tensor;
use crate::network::Graph;

/// What wrappers put before all names: PyTorch's DataParallel and compile, and common classes.
const PREFIXES: [&str; 4] = ["module.", "_orig_mod.", "model.", "net."];

/// Counters that PyTorch keeps beside running means: they have no part in prediction.
const COUNTER: &str = ".num_batches_tracked";

/// Takes away prefixes that all names share and that the network's names do not have, counters, and what a network
/// of the zoo has for training alone; renames what older files call otherwise.
pub(super) fn adapt(tensors: &mut Vec<(String, Tensor)>, graph: &Graph, architecture: &Architecture) {
    let specs = graph.layout().specs();
    while let Some(prefix) = PREFIXES.iter().find(|prefix| {
        !tensors.is_empty()
            && tensors.iter().all(|(name, _)| name.starts_with(**prefix))
            && !specs.iter().any(|spec| spec.name.starts_with(**prefix))
    }) {
        for (name, _) in tensors.iter_mut() {
            name.drain(..prefix.len());
        }
    }
    tensors.retain(|(name, _)| !name.ends_with(COUNTER));
    if let Architecture::Zoo(entry) = architecture {
        tensors.retain(|(name, _)| !entry.training_only.iter().any(|start| name.starts_with(start)));
        for (name, _) in tensors {
            if let Some(new) = (entry.rename)(name) {
                *name = new;
            }
        }
    }
}
