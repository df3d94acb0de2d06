//! The forward pass of an ONNX file by tract.

use std::hint::black_box;

use anyhow::Result;
use firesteel_bench_peers::{Run, SIDE, serve};
use tract_onnx::prelude::*;

fn prepare(file: &str, batch: usize) -> Result<Run> {
    let shape = [batch, 3, SIDE, SIDE];
    let model = tract_onnx::onnx().model_for_path(file)?.with_input_fact(0, f32::fact(shape).into())?;
    let runnable = model.into_optimized()?.into_runnable()?;
    let images: Tensor = tract_ndarray::Array4::from_elem(shape, 0.5_f32).into();
    Ok(Box::new(move || {
        black_box(runnable.run(tvec!(images.clone().into()))?);
        Ok(())
    }))
}

fn main() -> Result<()> {
    serve(prepare)
}
