//! The one error of this crate.

use std::fmt;

/// What can be wrong with a network, a model or an input. Messages say what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text is no network description.
    #[error("the network is not valid JSON of a network description: {0}")]
    NetworkSyntax(String),
    /// A layer does not fit its inputs.
    #[error("layer '{layer}' ({op}): {problem}")]
    Layer {
        /// The layer's name.
        layer: String,
        /// Its operation.
        op: &'static str,
        /// What is wrong; shapes are named.
        problem: String,
    },
    /// The layers do not form a network.
    #[error("network: {0}")]
    Network(String),
    /// A setting is out of its range.
    #[error("{name}: {problem}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The file is not a Firesteel model, or a damaged one. Every problem is listed.
    #[error("{}", Listed("not a usable model file", .0))]
    ModelFile(Vec<String>),
    /// The file's weights cannot be read, or are not those of the network. Every problem is listed.
    #[error("{}", Listed("not usable weights", .0))]
    WeightsFile(Vec<String>),
    /// A model's weights are not those that a network could begin with. Every problem is listed.
    #[error("{}", Listed("the model's weights do not fit the network", .0))]
    Transfer(Vec<String>),
    /// The file is intact but not the expected one.
    #[error("the model file's SHA-256 is {found}, expected {expected}: the file was changed or damaged")]
    Digest {
        /// Digest of the bytes at hand.
        found: String,
        /// Digest in the model's metadata.
        expected: String,
    },
    /// Weights of the wrong number were given.
    #[error("the network has {expected} weights, {found} were given")]
    WeightCount {
        /// The network's number.
        expected: usize,
        /// The number given.
        found: usize,
    },
    /// An image or its preparation is not as it must be.
    #[error(transparent)]
    Image(#[from] firesteel_image::Error),
    /// A kernel refused its arguments: a mistake in this library.
    #[error(transparent)]
    Kernel(#[from] firesteel_kernels::Error),
    /// Arrays do not fit the shapes of the graph: a mistake in this library.
    #[error(transparent)]
    Shape(#[from] ndarray::ShapeError),
}

/// Who has to act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The caller: an argument is wrong.
    Argument,
    /// Whoever wrote the model file.
    ModelFile,
    /// Whoever keeps the model file.
    Digest,
    /// Us.
    Internal,
}

impl Error {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::NetworkSyntax(_)
            | Error::Layer { .. }
            | Error::Network(_)
            | Error::Setting { .. }
            | Error::Transfer(_)
            | Error::Image(_)
            | Error::WeightCount { .. } => ErrorKind::Argument,
            Error::ModelFile(_) | Error::WeightsFile(_) => ErrorKind::ModelFile,
            Error::Digest { .. } => ErrorKind::Digest,
            Error::Kernel(_) | Error::Shape(_) => ErrorKind::Internal,
        }
    }
}

struct Listed<'a>(&'static str, &'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.1 {
            [one] => write!(f, "{}: {one}", self.0),
            many => {
                write!(f, "{}: {} problems", self.0, many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n - {problem}"))
            }
        }
    }
}
