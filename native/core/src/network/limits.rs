//! How large a network may be: a description of a few bytes could ask for any amount of memory, and an allocation
//! that fails ends the process.

/// The largest number of weights of a network: 2 GiB.
pub const MAX_WEIGHTS: usize = 1 << 29;

/// The largest number of values that are kept while one row is computed, its input and the results of all layers:
/// 1 GiB.
pub const MAX_ACTIVATIONS: usize = 1 << 28;

/// Refuses the layer with which the weights so far are too many.
pub(super) fn check_weights(values: usize) -> Result<(), String> {
    if values <= MAX_WEIGHTS {
        return Ok(());
    }
    Err(format!("the network has {values} weights up to here, at most {MAX_WEIGHTS} are allowed"))
}

/// Refuses the layer, or the input, with which the values so far of one row are too many.
pub(super) fn check_activations(values: usize) -> Result<(), String> {
    if values <= MAX_ACTIVATIONS {
        return Ok(());
    }
    Err(format!("one row takes {values} values up to here, at most {MAX_ACTIVATIONS} are allowed"))
}
