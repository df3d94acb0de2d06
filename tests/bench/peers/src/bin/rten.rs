//! The forward pass of an ONNX file by rten.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::Result;
use firesteel_bench_peers::{Run, SIDE, serve};
use rten::{ModelOptions, RunOptions, ThreadPool};
use rten_tensor::{AsView, NdTensor};

fn prepare(file: &str, batch: usize) -> Result<Run> {
    let model = ModelOptions::with_all_ops().prepack_weights(true).load_file(file)?;
    let images = NdTensor::full([batch, 3, SIDE, SIDE], 0.5_f32);
    let options = RunOptions::default().with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(1))));
    Ok(Box::new(move || {
        black_box(model.run_one(images.view().into(), Some(options.clone()))?);
        Ok(())
    }))
}

fn main() -> Result<()> {
    serve(prepare)
}
