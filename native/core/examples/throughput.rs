//! Images per second of networks of the zoo, on one thread: reads lines `NAME BATCH SECONDS` and answers each with the
//! best of the batches of that time. For a benchmark that asks several programs in turn.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufRead, stdin};
use std::sync::Arc;
use std::time::Instant;

use firesteel_core::network::Graph;
use firesteel_core::{Error, Initializer, Model, Predictor, Preprocessing, Row, Scorer, Status, zoo};

fn scorer(name: &str) -> Result<Scorer, Error> {
    let entry = zoo::entry(name)?;
    let graph = Graph::new(&entry.network(entry.input, entry.classes))?;
    let weights = Initializer::He.weights(graph.layout(), 1);
    let predictor = Predictor::new(Model::new(graph, Preprocessing::default(), vec![], weights)?)?;
    let images = predictor.at_once();
    Scorer::new(Arc::new(predictor), images, 1)
}

fn best(scorer: &mut Scorer, batch: usize, seconds: f64) -> Result<f64, Error> {
    let values = scorer.predictor().input().values();
    let images: Vec<Vec<f32>> =
        (0..batch).map(|i| (0..values).map(|v| ((v * 7 + i) % 255) as f32 / 255.0).collect()).collect();
    let rows: Vec<Row> = images.iter().map(|image| Row::Floats(image)).collect();
    let mut scores = vec![0.0; batch * scorer.predictor().width()];
    let mut status = vec![Status::Null; batch];
    let (start, mut shortest, mut batches) = (Instant::now(), f64::MAX, 0);
    while batches < 2 || start.elapsed().as_secs_f64() < seconds {
        let before = Instant::now();
        scorer.predict(&rows, &mut scores, &mut status)?;
        shortest = shortest.min(before.elapsed().as_secs_f64());
        batches += 1;
    }
    Ok(batch as f64 / shortest)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut scorers: HashMap<String, Scorer> = HashMap::new();
    for line in stdin().lock().lines() {
        let line = line?;
        let [name, batch, seconds] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("'{line}' is not NAME BATCH SECONDS").into());
        };
        let scorer = match scorers.entry(name.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(scorer(name)?),
        };
        println!("{}", best(scorer, batch.parse()?, seconds.parse()?)?);
    }
    Ok(())
}
