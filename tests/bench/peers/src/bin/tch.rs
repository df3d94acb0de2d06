//! The forward pass of a TorchScript file by libtorch, through tch.

use std::hint::black_box;

use anyhow::Result;
use firesteel_bench_peers::{Run, SIDE, serve};
use tch::{CModule, Device, Kind, Tensor, no_grad};

fn prepare(file: &str, batch: usize) -> Result<Run> {
    let module = CModule::load(file)?;
    let [batch, side] = [batch, SIDE].map(|size| size as i64);
    // The channels of a pixel lie together, as in the weights of the file.
    let images =
        Tensor::f_full([batch, side, side, 3], 0.5, (Kind::Float, Device::Cpu))?.f_permute([0, 3, 1, 2])?;
    Ok(Box::new(move || {
        let _ = black_box(no_grad(|| module.forward_ts(&[&images]))?);
        Ok(())
    }))
}

fn main() -> Result<()> {
    tch::set_num_threads(1);
    serve(prepare)
}
