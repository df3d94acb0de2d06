//! The error of this crate: shapes that do not fit together.

/// A kernel was given arrays whose shapes do not fit together. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kernel}: {what} has shape {found:?}, expected {expected:?}")]
pub struct Error {
    /// The kernel's name.
    pub kernel: &'static str,
    /// The argument at fault.
    pub what: &'static str,
    /// Its shape.
    pub found: Vec<usize>,
    /// The shape that the other arguments ask for.
    pub expected: Vec<usize>,
}

/// Refuses an argument whose shape is not the expected one.
pub(crate) fn check(
    kernel: &'static str,
    what: &'static str,
    found: &[usize],
    expected: &[usize],
) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error { kernel, what, found: found.to_vec(), expected: expected.to_vec() })
}
