//! Small whole files: images of every kind that can be made here and those of a data folder, models of every layer,
//! and what PyTorch saved.

use std::path::Path;

use firesteel_core::image::{Filter, Limits, Pixels, Preparation, encode_png};
use firesteel_core::network::{Graph, Network};
use firesteel_core::{Error, Model, Preprocessing, write_model};
use libjpeg_turbo_rs::{Encoder, PixelFormat};
use serde_json::Value;

#[path = "../../../../tests/parity/data.rs"]
mod data;

/// What PyTorch computed and saved.
const EXPECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity/expected");

/// WebP with everything that lossless data may have.
const WEBP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/webp");

/// Longer files are left out: they only make it slow.
const LONGEST: usize = 64 << 10;

/// Images that are made here, small WebP files, and those of the folder odd/ of the one that FIRESTEEL_DATA names.
pub(super) fn images() -> Vec<Vec<u8>> {
    let mut files = short(files(Path::new(WEBP)));
    for (width, height, channels) in [(8, 8, 1), (33, 17, 3), (64, 40, 3)] {
        let data: Vec<u8> = (0..width * height * channels).map(|i| (i * i / 7) as u8).collect();
        let pixels = Pixels { width, height, channels, data };
        files.extend(encode_png(&pixels, &Limits::default()).ok());
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
    if let Some(data) = data::data() {
        files.extend(short(self::files(&data.join("odd"))));
    }
    files
}

/// The model files of the small networks with which layers are compared with PyTorch's, and of one that sees photos.
pub(super) fn models() -> Vec<Vec<u8>> {
    let networks = cases("ops.json");
    let networks = networks.iter().filter_map(|case| Network::from_json(&case["network"].to_string()).ok());
    let models = networks.filter_map(|network| model(&network, Preprocessing::default(), vec![]).ok());
    let mut files = short(models.collect());
    let photos =
        Network::input(&[3, 16, 16]).conv(2, 3).relu().global_avg_pool().flatten().dense(2).softmax();
    let preprocessing = Preprocessing {
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        image: Some(Preparation::short_side_and_crop(18, 16, Filter::Bicubic)),
        ..Preprocessing::default()
    };
    let labels = ["cat", "dog"].map(str::to_owned).to_vec();
    files.extend(model(&photos.build(), preprocessing, labels).ok());
    files
}

fn model(network: &Network, preprocessing: Preprocessing, labels: Vec<String>) -> Result<Vec<u8>, Error> {
    let graph = Graph::new(network)?;
    let weights = vec![0.01; graph.layout().values()];
    write_model(&Model::new(graph, preprocessing, labels, weights)?)
}

/// The small files that PyTorch and safetensors saved, in both of PyTorch's formats.
pub(super) fn checkpoints() -> Vec<Vec<u8>> {
    cases("checkpoints.json").iter().filter_map(|case| hexadecimal(case["file"].as_str()?)).collect()
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16);
    text.as_bytes().as_chunks().0.iter().map(|&[a, b]| Some((digit(a)? << 4 | digit(b)?) as u8)).collect()
}

/// The cases of a list; none where there is no such file, which the tests notice.
fn cases(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(Path::new(EXPECTED).join(file)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Those that are not too long to be damaged again and again.
pub(super) fn short(mut files: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    files.retain(|file| file.len() <= LONGEST);
    files
}

/// The contents of a folder's files, in the order of their names.
pub(super) fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}
