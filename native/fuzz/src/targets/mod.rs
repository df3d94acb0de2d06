//! What is fed: a file each. A broken promise is a panic, which is a finding.
#![allow(clippy::panic, reason = "so that a broken promise is a finding")]

mod decode;
mod model;
mod predict;
mod seeds;
mod weights;

use std::path::{Path, PathBuf};

/// Something that reads files.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Whole files to damage.
    pub whole: fn() -> Vec<Vec<u8>>,
    /// Reads a file and tells whether it accepts it. Panics where a promise is broken.
    pub read: fn(&[u8]) -> bool,
}

impl Target {
    /// What is damaged: whole files, and what was found before, unless it is long.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        [(self.whole)(), seeds::short(self.findings())].concat()
    }

    /// What was found before, however long it is.
    pub fn findings(&self) -> Vec<Vec<u8>> {
        seeds::files(&self.folder())
    }

    /// Where what was found is kept.
    pub fn folder(&self) -> PathBuf {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/regress")).join(self.name)
    }
}

/// All targets.
pub const TARGETS: [Target; 4] = [
    Target { name: "decode", whole: seeds::images, read: decode::read },
    Target { name: "model", whole: seeds::models, read: model::read },
    Target { name: "predict", whole: seeds::images, read: predict::read },
    Target { name: "weights", whole: seeds::checkpoints, read: weights::read },
];
