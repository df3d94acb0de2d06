//! Photos from JPEG to label without Spark: `photos FOLDER MODELS`.
//!
//! Reads lines of JSON, `[threads, network, copies of each photo]`, and answers each with one: photos per second, and
//! the label of each file. FOLDER holds photos, MODELS each network's weights (.pth).

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::{BufRead, stdin};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use firesteel_core::{Architecture, Predictor, Row, Scorer, Status, import, zoo};
use serde_json::json;

/// As many photos as Spark's operator scores at once.
const BATCH: usize = 32;

type Failure = Box<dyn Error + Send + Sync>;

fn predictor(models: &Path, network: &str) -> Result<Arc<Predictor>, Failure> {
    let weights = fs::read(models.join(format!("{network}.pth")))?;
    let model = import(&Architecture::Zoo(zoo::entry(network)?), &weights, vec![])?;
    Ok(Arc::new(Predictor::new(model)?))
}

/// The class of each photo.
fn labels(predictor: &Arc<Predictor>, photos: &[(String, Vec<u8>)]) -> Result<Vec<usize>, Failure> {
    let mut scorer = Scorer::new(Arc::clone(predictor), predictor.at_once(), 1)?;
    let mut labels = vec![];
    for batch in photos.chunks(BATCH) {
        let rows: Vec<Row> = batch.iter().map(|(_, content)| Row::Bytes(content)).collect();
        let mut scores = vec![0.0; rows.len() * predictor.width()];
        let mut status = vec![Status::Null; rows.len()];
        scorer.predict(&rows, &mut scores, &mut status)?;
        if let Some(bad) = status.iter().find(|status| **status != Status::Ok) {
            return Err(format!("a photo could not be scored: {bad:?}").into());
        }
        let class = |scores: &[f32]| (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        labels.extend(scores.chunks(predictor.width()).filter_map(class));
    }
    Ok(labels)
}

fn in_threads(
    predictor: &Arc<Predictor>,
    photos: &[(String, Vec<u8>)],
    threads: usize,
) -> Result<Vec<usize>, Failure> {
    thread::scope(|scope| {
        let parts = photos.chunks(photos.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(|| labels(predictor, part))).collect();
        let mut found = vec![];
        for part in running {
            found.extend(part.join().map_err(|_| "a thread panicked")??);
        }
        Ok(found)
    })
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, models] = arguments.as_slice() else {
        return Err("usage: photos <folder with photos> <folder with weights>".into());
    };
    let mut photos = vec![];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".JPEG") {
            photos.push((name, fs::read(entry.path())?));
        }
    }
    let mut predictors = HashMap::new();
    for line in stdin().lock().lines() {
        let (threads, network, copies): (usize, String, usize) = serde_json::from_str(&line?)?;
        if !predictors.contains_key(&network) {
            predictors.insert(network.clone(), predictor(Path::new(models), &network)?);
        }
        let photos: Vec<_> = (0..copies).flat_map(|_| photos.iter().cloned()).collect();
        let started = Instant::now();
        let found = in_threads(&predictors[&network], &photos, threads)?;
        let speed = found.len() as f64 / started.elapsed().as_secs_f64();
        let labels: HashMap<&String, String> =
            photos.iter().zip(&found).map(|((name, _), label)| (name, label.to_string())).collect();
        println!("{}", json!({ "speed": speed, "labels": labels }));
    }
    Ok(())
}
