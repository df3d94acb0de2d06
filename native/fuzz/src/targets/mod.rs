//! What is fed: a file each.

mod decode;
mod predict;
mod seeds;

/// Something that reads files.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Whole files to damage.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads a file and tells whether it accepts it. Panics where a promise is broken.
    pub read: fn(&[u8]) -> bool,
}

/// All targets.
pub const TARGETS: [Target; 2] = [
    Target { name: "decode", seeds: seeds::images, read: decode::read },
    Target { name: "predict", seeds: seeds::images, read: predict::read },
];
