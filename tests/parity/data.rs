//! Finds the real files that do not belong to this project.

use std::path::PathBuf;

/// The folder that the environment variable FIRESTEEL_DATA names, if any: see the README for what it holds.
///
/// A test that cannot do without is `#[ignore]`d, so that it is seen to be left out; `make test` runs it where there
/// is the folder, and so does `cargo test -- --include-ignored`.
pub fn data() -> Option<PathBuf> {
    std::env::var_os("FIRESTEEL_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}
