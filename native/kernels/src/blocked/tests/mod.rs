//! Every instruction set of this machine against the references, over odd shapes.

mod bands;
mod conv;
mod elementwise;
mod map;
mod winograd;

use ndarray::{Array, Dimension, ShapeBuilder};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

use super::{Activation, Isa, Map, Pixel};

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn every_instruction_set_that_the_machine_names_is_tested() {
    let machine = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let flags: Vec<&str> =
        machine.lines().find(|line| line.starts_with("flags")).unwrap().split_whitespace().collect();
    let mut expected = vec!["portable"];
    expected.extend(["avx2", "fma"].iter().all(|flag| flags.contains(flag)).then_some("avx2"));
    expected.extend(flags.contains(&"avx512f").then_some("avx512"));
    assert_eq!(Isa::available().iter().map(|isa| isa.name()).collect::<Vec<_>>(), expected);
}

pub(super) fn random(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Values between -1 and 1.
pub(super) fn values<D: Dimension, S: ShapeBuilder<Dim = D>>(rng: &mut impl Rng, shape: S) -> Array<f32, D> {
    Array::from_shape_simple_fn(shape, || rng.random_range(-1.0..1.0))
}

/// A buffer that was used before.
pub(super) fn used(pixels: usize) -> Vec<Pixel> {
    vec![Pixel([f32::NAN; 16]); pixels]
}

/// The values in blocks.
pub(super) fn packed(map: &Map, values: &[f32]) -> Vec<Pixel> {
    let mut pixels = used(map.pixels());
    map.pack(values, &mut pixels);
    pixels
}

/// All values times a factor.
pub(super) fn scaled(pixels: &[Pixel], factor: f32) -> Vec<Pixel> {
    pixels.iter().map(|pixel| Pixel(pixel.0.map(|value| factor * value))).collect()
}

/// None, bounds, or what has to be done beyond bounds.
pub(super) fn some_activation(rng: &mut impl Rng) -> Activation {
    let all = [Activation::NONE, Activation::Clamp([-0.5, 0.5]), Activation::Silu, Activation::HardSwish];
    all[rng.random_range(0..all.len())]
}

/// What an activation makes of a value.
pub(super) fn activated(activation: Activation, v: f32) -> f32 {
    match activation {
        Activation::Clamp([low, high]) => v.clamp(low, high),
        Activation::Silu => v / (1.0 + (-v).exp()),
        Activation::HardSwish => v * (v + 3.0).clamp(0.0, 6.0) / 6.0,
        other => unreachable!("{other:?} is none of them"),
    }
}

/// The values out of blocks.
pub(super) fn unpacked(map: &Map, pixels: &[Pixel]) -> Vec<f32> {
    let mut values = vec![f32::NAN; map.channels * map.height * map.width];
    map.unpack(pixels, &mut values);
    values
}
