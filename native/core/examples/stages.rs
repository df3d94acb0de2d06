//! What the benchmark compares with Pillow and PyTorch: decoding; resizing to a short side of 256 with a centre crop of
//! 224; and a network, on one thread.
//!
//! `stages <folder with JPEG files> <bilinear|bicubic|lanczos> <network> <its weights>` prints a line of JSON:
//! milliseconds an image of each stage over one pass, after one to warm up.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use firesteel_core::{Architecture, Predictor, Row, Scorer, Status, import, zoo};
use firesteel_image::geometry::{center, short_side};
use firesteel_image::{DecodeOptions, Filter, Limits, Resampling, decode, resize};

/// As many images as the network is given at once.
const BATCH: usize = 32;

fn pass(files: &[Vec<u8>], resampling: Resampling, network: &mut Scorer) -> Result<[f64; 3], Box<dyn Error>> {
    let (options, limits) = (DecodeOptions::default(), Limits::default());
    let mut seconds = [0.0; 3];
    let mut images = vec![];
    for file in files {
        let started = Instant::now();
        let pixels = decode(file, &options, &limits)?;
        seconds[0] += started.elapsed().as_secs_f64();
        let started = Instant::now();
        let size = short_side([pixels.height, pixels.width], 256);
        let region = size.map(|side| center(side, 224).0).map(|start| start..start + 224);
        let image = std::hint::black_box(resize(&pixels, size, region, resampling, &limits)?);
        seconds[1] += started.elapsed().as_secs_f64();
        images.push((0..3).flat_map(|c| image.data.iter().skip(c).step_by(3).copied()).collect::<Vec<u8>>());
    }
    for images in images.chunks(BATCH) {
        let rows: Vec<Row> = images.iter().map(|image| Row::Bytes(image)).collect();
        let (mut scores, mut status) =
            (vec![0.0; rows.len() * network.predictor().width()], vec![Status::Null; rows.len()]);
        let started = Instant::now();
        network.predict(&rows, &mut scores, &mut status)?;
        seconds[2] += started.elapsed().as_secs_f64();
        if let Some(bad) = status.iter().find(|status| **status != Status::Ok) {
            return Err(format!("an image could not be scored: {bad:?}").into());
        }
    }
    Ok(seconds.map(|total| total * 1e3 / files.len() as f64))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the first argument is a folder with JPEG files")?;
    let filter = match arguments.next().as_deref() {
        Some("bilinear") => Filter::Bilinear,
        Some("bicubic") => Filter::Bicubic,
        Some("lanczos") => Filter::Lanczos,
        _ => return Err("the second argument is bilinear, bicubic or lanczos".into()),
    };
    let name = arguments.next().ok_or("the third argument is a network of the zoo")?;
    let weights = std::fs::read(arguments.next().ok_or("the fourth argument is a file of weights")?)?;
    let model = import(&Architecture::Zoo(zoo::entry(&name)?), &weights, vec![])?;
    let predictor = Arc::new(Predictor::new(model)?);
    let mut network = Scorer::new(predictor.clone(), predictor.at_once(), 1)?;
    let mut files = vec![];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jpeg")) {
            files.push(std::fs::read(path)?);
        }
    }
    let resampling = Resampling { filter, ..Resampling::default() };
    pass(&files, resampling, &mut network)?;
    let [decode, resize, forward] = pass(&files, resampling, &mut network)?;
    let count = files.len();
    println!(r#"{{"files": {count}, "decode": {decode}, "resize": {resize}, "forward": {forward}}}"#);
    Ok(())
}
