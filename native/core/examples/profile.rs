//! Which steps of networks of the zoo take the time, on one thread: `profile IMAGES NAME...` for so many images at a time.

use firesteel_core::network::Graph;
use firesteel_core::{Initializer, Model, Predictor, Preprocessing, zoo};

const TIMES: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let images = arguments.next().ok_or("the first argument is a number of images")?.parse()?;
    for name in arguments {
        let entry = zoo::entry(&name)?;
        let graph = Graph::new(&entry.network(entry.input, entry.classes))?;
        let weights = Initializer::He.weights(graph.layout(), 1);
        let predictor = Predictor::new(Model::new(graph, Preprocessing::default(), vec![], weights)?)?;
        let steps = predictor.profile(images, TIMES)?;
        let total: f64 = steps.iter().map(|step| step.time.as_secs_f64()).sum();
        println!("{name}: {:.2} ms", total * 1000.0);
        for step in &steps {
            let seconds = step.time.as_secs_f64();
            let [c, h, w] = step.shape;
            println!(
                "{:32} {:27} {:>14} {:8.3} ms {:5.1} % {:7.1} MFLOP {:7.1} GFLOP/s {:8} KiB",
                step.layer,
                step.kernel,
                format!("{c}x{h}x{w}"),
                seconds * 1000.0,
                100.0 * seconds / total,
                2e-6 * step.multiplications as f64,
                2e-9 * step.multiplications as f64 / seconds,
                step.bytes >> 10,
            );
        }
    }
    Ok(())
}
