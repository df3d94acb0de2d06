//! The one error of this crate.

use crate::Format;

/// Why an image cannot be had. Messages say what is wrong with the image, or what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes begin like no image format that is known here.
    #[error("the bytes begin like no known image format")]
    Unknown,
    /// The format is known, the file is damaged or cut off.
    #[error("the {format} file cannot be decoded: {reason}")]
    Damaged {
        /// Its format.
        format: Format,
        /// What the decoder says.
        reason: String,
    },
    /// The format is none of those allowed.
    #[error("{0} files are not among the formats that are allowed")]
    NotAllowed(Format),
    /// A kind of a known format that is not decoded, such as 12 bits a sample.
    #[error("the {format} file is of a kind that is not supported: {reason}")]
    Unsupported {
        /// Its format.
        format: Format,
        /// Which kind.
        reason: String,
    },
    /// A limit is exceeded: see [`crate::Limits`].
    #[error("the image has {found} {what}, at most {limit} are accepted")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// The image's number.
        found: u64,
        /// The largest number accepted.
        limit: u64,
    },
    /// The image has not the size that is wanted, and nothing says how to resize it.
    #[error("the image has {found:?} rows and columns, {wanted:?} are wanted and no resizing is described")]
    Size {
        /// The image's rows and columns.
        found: [usize; 2],
        /// Those wanted.
        wanted: [usize; 2],
    },
    /// A setting is out of its range.
    #[error("{name}: {problem}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl Error {
    /// A damaged file, in a decoder's words.
    pub(crate) fn damaged(format: Format, reason: impl ToString) -> Error {
        Error::Damaged { format, reason: reason.to_string() }
    }

    /// A kind of file that is not decoded.
    pub(crate) fn unsupported(format: Format, reason: impl ToString) -> Error {
        Error::Unsupported { format, reason: reason.to_string() }
    }

    /// A setting out of its range.
    pub(crate) fn setting(name: &'static str, problem: impl ToString) -> Error {
        Error::Setting { name, problem: problem.to_string() }
    }
}
