//! Small whole images of every kind that can be made here, and those of a data folder.

use std::path::Path;

use firesteel_core::image::{Pixels, encode_png};
use libjpeg_turbo_rs::{Encoder, PixelFormat};

/// Longer files are left out: they only make it slow.
const LONGEST: u64 = 64 << 10;

/// Images that are made here, and those of the folder odd/ of the one that FIRESTEEL_DATA names.
pub(super) fn images() -> Vec<Vec<u8>> {
    let mut files = vec![];
    for (width, height, channels) in [(8, 8, 1), (33, 17, 3), (64, 40, 3)] {
        let data: Vec<u8> = (0..width * height * channels).map(|i| (i * i / 7) as u8).collect();
        let pixels = Pixels { width, height, channels, data };
        files.extend(encode_png(&pixels).ok());
        let format = if channels == 1 { PixelFormat::Grayscale } else { PixelFormat::Rgb };
        let encoder = || Encoder::new(&pixels.data, width, height, format).quality(80);
        let variants = [
            encoder(),
            encoder().progressive(true),
            encoder().restart_rows(1),
            encoder().arithmetic(true),
            encoder().exif_data(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
        ];
        files.extend(variants.into_iter().filter_map(|encoder| encoder.encode().ok()));
    }
    if let Some(data) = std::env::var_os("FIRESTEEL_DATA") {
        files.extend(small_files(&Path::new(&data).join("odd")));
    }
    files
}

/// The contents of a folder's files that are short, in the order of their names.
fn small_files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let short = |path: &Path| path.metadata().is_ok_and(|data| data.is_file() && data.len() <= LONGEST);
    paths.iter().filter(|path| short(path)).filter_map(|path| std::fs::read(path).ok()).collect()
}
