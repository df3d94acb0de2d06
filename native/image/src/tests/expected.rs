//! What Pillow computed: the files that `tests/parity/images.py` makes, and the images of its formula.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::Pixels;

/// Reads a file of `tests/parity/expected`, or as much of it as the type names.
pub fn read<T: DeserializeOwned>(file: &str) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity/expected");
    let text = std::fs::read_to_string(format!("{folder}/{file}")).expect(file);
    serde_json::from_str(&text).expect(file)
}

/// The first 64 bits of the SHA-256.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that a text of hexadecimal digits stands for.
pub fn hexadecimal(text: &str) -> Vec<u8> {
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().as_chunks().0.iter().map(byte).collect()
}

/// The image of `formula.py`: `integers("image", [height, width, channels], 256)`.
pub fn drawn([height, width]: [usize; 2], channels: usize) -> Pixels {
    let start =
        b"image".iter().fold(0x811c_9dc5_u32, |h, byte| (h ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let byte = |i: u32| {
        let mut x = start.wrapping_add(i.wrapping_mul(2_654_435_761));
        x = (x ^ (x >> 16)).wrapping_mul(0x045d_9f3b);
        // Of a number in 0..2^32 the part of 256 that it is.
        ((x ^ (x >> 16)) >> 24) as u8
    };
    let data = (0..(height * width * channels) as u32).map(byte).collect();
    Pixels { width, height, channels, data }
}
