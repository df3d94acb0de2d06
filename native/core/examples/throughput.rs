//! Images per second of networks of the zoo, on one thread: reads lines `NAME BATCH SECONDS` and answers each with the
//! best of the batches of that time, and with the GFLOP that an image takes by direct convolutions. The first argument
//! may name an instruction set, which is the best one otherwise. For a benchmark that asks several programs in turn.

use std::error::Error;
use std::io::{BufRead, stdin};
use std::sync::Arc;
use std::time::Instant;

use firesteel_core::network::Graph;
use firesteel_core::{Initializer, Isa, Kernels, Model, Predictor, Preprocessing, Row, Scorer, Status, zoo};

/// A network that is ready to run.
struct Prepared {
    name: String,
    scorer: Scorer,
    gflop: f64,
}

fn prepare(isa: Isa, name: &str) -> Result<Prepared, firesteel_core::Error> {
    let entry = zoo::entry(name)?;
    let graph = Graph::new(&entry.network(entry.input, entry.classes))?;
    let weights = Initializer::He.weights(graph.layout(), 1);
    let model = Model::new(graph, Preprocessing::default(), vec![], weights)?;
    let predictor = Predictor::with(Kernels { isa, ..Kernels::default() }, model, None)?;
    let steps = predictor.profile(1, 1)?;
    let multiplications: usize = steps.iter().map(|step| step.multiplications).sum();
    let images = predictor.at_once();
    let scorer = Scorer::new(Arc::new(predictor), images, 1)?;
    Ok(Prepared { name: name.to_owned(), scorer, gflop: 2e-9 * multiplications as f64 })
}

fn best(scorer: &mut Scorer, batch: usize, seconds: f64) -> Result<f64, firesteel_core::Error> {
    let values = scorer.predictor().input().values();
    let images: Vec<Vec<f32>> =
        (0..batch).map(|i| (0..values).map(|v| ((v * 7 + i) % 255) as f32 / 255.0).collect()).collect();
    let rows: Vec<Row> = images.iter().map(|image| Row::Floats(image)).collect();
    let mut scores = vec![0.0; batch * scorer.predictor().width()];
    let mut status = vec![Status::Null; batch];
    let (start, mut shortest) = (Instant::now(), f64::MAX);
    while start.elapsed().as_secs_f64() < seconds {
        let before = Instant::now();
        scorer.predict(&rows, &mut scores, &mut status)?;
        shortest = shortest.min(before.elapsed().as_secs_f64());
    }
    Ok(batch as f64 / shortest)
}

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().nth(1).unwrap_or(Isa::best().name().to_owned());
    let isa = *Isa::available().iter().find(|isa| isa.name() == wanted).ok_or("no such instruction set")?;
    let mut last: Option<Prepared> = None;
    for line in stdin().lock().lines() {
        let line = line?;
        let [name, batch, seconds] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("'{line}' is not NAME BATCH SECONDS").into());
        };
        let mut network = match last.take() {
            Some(network) if network.name == name => network,
            _ => prepare(isa, name)?,
        };
        println!("{} {}", best(&mut network.scorer, batch.parse()?, seconds.parse()?)?, network.gflop);
        last = Some(network);
    }
    Ok(())
}
