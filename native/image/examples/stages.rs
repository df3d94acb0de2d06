//! What the benchmark compares with Pillow: decoding, and resizing to a short side of 256 with a centre crop of 224.
//!
//! `stages <folder with JPEG files> <bilinear|bicubic|lanczos>` prints a line of JSON: milliseconds an image of both
//! stages over one pass, after one to warm up.

use std::error::Error;
use std::time::Instant;

use firesteel_image::geometry::{center, short_side};
use firesteel_image::{DecodeOptions, Filter, Limits, Resampling, decode, resize};

fn pass(files: &[Vec<u8>], resampling: Resampling) -> Result<[f64; 2], firesteel_image::Error> {
    let (options, limits) = (DecodeOptions::default(), Limits::default());
    let mut seconds = [0.0; 2];
    for file in files {
        let started = Instant::now();
        let pixels = decode(file, &options, &limits)?;
        seconds[0] += started.elapsed().as_secs_f64();
        let started = Instant::now();
        let size = short_side([pixels.height, pixels.width], 256);
        let region = size.map(|side| center(side, 224).0).map(|start| start..start + 224);
        std::hint::black_box(resize(&pixels, size, region, resampling)?);
        seconds[1] += started.elapsed().as_secs_f64();
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
    let mut files = vec![];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jpeg")) {
            files.push(std::fs::read(path)?);
        }
    }
    let resampling = Resampling { filter, ..Resampling::default() };
    pass(&files, resampling)?;
    let [decode, resize] = pass(&files, resampling)?;
    println!(r#"{{"files": {}, "decode": {decode}, "resize": {resize}}}"#, files.len());
    Ok(())
}
