//! Names what a file is that is not a safetensors file, so that the error can say what to do.

/// Well-known beginnings of files that people take for model files.
const SIGNATURES: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "a zip archive, such as a PyTorch .pth or a TorchScript file"),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, such as Keras writes"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
];

const PICKLE: &str = "a Python pickle, such as an old PyTorch .pth file";

/// A sentence about a file that is not a safetensors file.
pub(super) fn describe(file: &[u8]) -> String {
    let what = SIGNATURES.iter().find(|(start, _)| file.starts_with(start)).map(|(_, what)| *what);
    match what {
        Some(what) => format!("it is {what}, not a safetensors file: only those are read"),
        None if file.is_empty() => "it is empty".to_owned(),
        None => "it is not a safetensors file".to_owned(),
    }
}
