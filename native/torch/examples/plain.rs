//! The plain loop that the benchmark compares with: LeNet on MNIST as a user of tch writes it, one thread.
//!
//! `plain <folder with MNIST's unpacked files> <epochs>` prints a line of JSON: images per second of each epoch's
//! training, and of inference over the test images in batches of 32.

use std::error::Error;
use std::time::Instant;

use tch::nn::{self, ModuleT, OptimizerConfig};
use tch::vision::dataset::Dataset;
use tch::{Device, vision::mnist};

fn lenet(path: &nn::Path) -> impl ModuleT + use<> {
    nn::seq_t()
        .add(nn::conv2d(path / "conv1", 1, 20, 5, Default::default()))
        .add_fn(|x| x.relu().max_pool2d_default(2))
        .add(nn::conv2d(path / "conv2", 20, 50, 5, Default::default()))
        .add_fn(|x| x.relu().max_pool2d_default(2).flat_view())
        .add(nn::linear(path / "dense1", 800, 500, Default::default()))
        .add_fn(|x| x.relu())
        .add(nn::linear(path / "dense2", 500, 10, Default::default()))
}

fn train(data: &Dataset, net: &impl ModuleT, optimizer: &mut nn::Optimizer) -> Result<f64, Box<dyn Error>> {
    let started = Instant::now();
    let mut rows = 0;
    for (images, labels) in data.train_iter(64).shuffle().return_smaller_last_batch() {
        let loss = net.forward_t(&images, true).cross_entropy_for_logits(&labels);
        optimizer.backward_step(&loss);
        rows += labels.size()[0];
    }
    Ok(rows as f64 / started.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, epochs] = arguments.as_slice() else {
        return Err("usage: plain <folder with MNIST's unpacked files> <epochs>".into());
    };
    tch::set_num_threads(1);
    let data = mnist::load_dir(folder)?;
    let data = Dataset {
        train_images: data.train_images.view([-1, 1, 28, 28]),
        test_images: data.test_images.view([-1, 1, 28, 28]),
        ..data
    };
    let variables = nn::VarStore::new(Device::Cpu);
    let net = lenet(&variables.root());
    let mut optimizer = nn::sgd(0.9, 0.0, 0.0, false).build(&variables, 0.01)?;

    let mut training = vec![];
    for _ in 0..epochs.parse()? {
        training.push(train(&data, &net, &mut optimizer)?);
    }
    let started = Instant::now();
    let mut correct = 0;
    let _guard = tch::no_grad_guard();
    for (images, labels) in data.test_iter(32) {
        let right = net.forward_t(&images, false).argmax(-1, false).eq_tensor(&labels);
        correct += right.sum(tch::Kind::Int64).int64_value(&[]);
    }
    let rows = data.test_labels.size()[0] as f64;
    let inference = rows / started.elapsed().as_secs_f64();
    let accuracy = correct as f64 / rows;
    println!("{{\"training\": {training:?}, \"inference\": {inference:.1}, \"accuracy\": {accuracy:.4}}}");
    Ok(())
}
