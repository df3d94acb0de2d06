//! How large a network may be: a description of a few bytes could ask for any amount of memory, and an allocation
//! that fails ends the process.

/// The largest number of weights of a network: 2 GiB.
pub const MAX_WEIGHTS: usize = 1 << 29;

/// The largest number of values that are kept while one row is computed, its input and the results of all layers:
/// 1 GiB.
pub const MAX_ACTIVATIONS: usize = 1 << 28;

/// The largest number of layers: some steps of preparing a network compare each layer with all others.
pub const MAX_LAYERS: usize = 10_000;

/// Refuses a network of too many layers.
pub(super) fn check_layers(layers: usize) -> Result<(), String> {
    if layers <= MAX_LAYERS {
        return Ok(());
    }
    Err(format!("it has {layers} layers, at most {MAX_LAYERS} are allowed"))
}

/// Refuses the convolution that needs too many zeros around its input.
pub(super) fn check_padded([channels, height, width]: [usize; 3]) -> Result<(), String> {
    let values = channels.saturating_mul(height).saturating_mul(width);
    if values <= MAX_ACTIVATIONS {
        return Ok(());
    }
    Err(format!("with its padding the input has {values} values, at most {MAX_ACTIVATIONS} are allowed"))
}

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
