//! The one error of this crate.

/// Why training cannot go on. Messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The network, the preprocessing or the weights are wrong.
    #[error(transparent)]
    Core(#[from] firesteel_core::Error),
    /// The configuration cannot be read.
    #[error("the training configuration is not valid: {0}")]
    Syntax(#[from] serde_json::Error),
    /// A setting is out of its range.
    #[error("{name} is {value}: it must be {range}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The values that it can have.
        range: &'static str,
    },
    /// A mini-batch whose parts do not fit together, or another argument of the wrong length.
    #[error("{whole} has {found} {what}, expected {expected}")]
    Length {
        /// The argument.
        whole: &'static str,
        /// The part of it that is at fault.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// A label that is none of the network's classes.
    #[error("label {label} in row {row} of the mini-batch is none of the classes 0 to {}", classes - 1)]
    Label {
        /// The label.
        label: i32,
        /// Its row in the mini-batch.
        row: usize,
        /// The network's number of classes.
        classes: usize,
    },
    /// Layers that are to learn, but are none.
    #[error("trainableLayers: {}", problems.join("; "))]
    TrainableLayers {
        /// What is wrong.
        problems: Vec<String>,
    },
    /// Inputs that are numbers are to be changed as images are.
    #[error("augmentations: they change images of bytes, the mini-batch holds numbers")]
    AugmentedNumbers,
    /// There is something to be drawn, and nothing to draw it from.
    #[error("random: {what} needs a seed and a partition")]
    NoRandomness {
        /// What has something drawn.
        what: String,
    },
    /// A batch normalisation is to learn from one value a map, which has no variance.
    #[error(
        "layer '{name}' (batch_norm): a mini-batch of one row has one value for each map, which has no variance: use larger mini-batches"
    )]
    OneValue {
        /// The layer.
        name: String,
    },
    /// The loss or the weights are not finite any more.
    #[error(
        "round {round}, step {step}: {what} is not finite; lower learningRate, or look for inputs out of the ordinary"
    )]
    Diverged {
        /// The round, counted from 1.
        round: u32,
        /// The step within the round, counted from 1.
        step: u64,
        /// What is not finite.
        what: String,
    },
    /// A GPU was asked for and there is none.
    #[error(
        "spark.firesteel.device is gpu, but libtorch finds no GPU: use cpu or auto, or a libtorch that was built for CUDA"
    )]
    NoGpu,
    /// libtorch reported an error.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}
