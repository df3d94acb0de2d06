//! Milliseconds per image of networks of the zoo, on one thread: `speed NAME...`, or all networks.

use std::time::Instant;

use firesteel_core::network::Graph;
use firesteel_core::{Error, Initializer, Model, Predictor, Preprocessing, Row, Status, zoo};

const IMAGES: usize = 5;

fn main() -> Result<(), Error> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = zoo::list().iter().map(|entry| entry.name.to_owned()).collect();
    }
    for name in names {
        let entry = zoo::entry(&name)?;
        let graph = Graph::new(&entry.network(entry.input, entry.classes))?;
        let weights = Initializer::He.weights(graph.layout(), 1);
        let pixels = vec![100; graph.input().values()];
        let predictor = Predictor::new(Model::new(graph, Preprocessing::default(), vec![], weights)?)?;
        let (mut scores, mut status) = (vec![0.0; predictor.width()], [Status::Null]);
        let mut times = vec![];
        for _ in 0..IMAGES {
            let start = Instant::now();
            predictor.predict(&[Row::Bytes(&pixels)], &mut scores, &mut status)?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        println!("{name:20} {:8.1} ms, {:?}", times[IMAGES / 2], status[0]);
    }
    Ok(())
}
