//! The values of weights, inputs and labels as `formula.py` defines them.

use firesteel_core::network::{Layout, Role, WeightSpec};

/// The first `count` values of a tensor, evenly spread over 0 to 1.
fn units(name: &str, count: usize) -> impl Iterator<Item = f64> + use<> {
    let start = name.bytes().fold(0x811c_9dc5_u32, |h, byte| (h ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (0..count as u32).map(move |i| {
        let mut x = start.wrapping_add(i.wrapping_mul(2_654_435_761));
        x = (x ^ (x >> 16)).wrapping_mul(0x045d_9f3b);
        f64::from(x ^ (x >> 16)) / 2_f64.powi(32)
    })
}

/// Numbers within `-bound..bound`.
pub fn floats(name: &str, count: usize, bound: f64) -> Vec<f32> {
    units(name, count).map(|u| ((2.0 * u - 1.0) * bound) as f32).collect()
}

/// Integers in `0..end`: pixels or labels.
pub fn integers(name: &str, count: usize, end: u32) -> impl Iterator<Item = u32> + use<> {
    units(name, count).map(move |u| (u * f64::from(end)) as u32)
}

/// All weights of a network, within `1 / sqrt(fan_in)`; scales and variances lie within 0.75 and 1.25, shifts and
/// means within 0.1 of 0.
pub fn weights(layout: &Layout) -> Vec<f32> {
    weights_of(layout, |fan_in| 1.0 / fan_in.sqrt(), |fan_in| 1.0 / fan_in.sqrt())
}

/// The same with weights within `sqrt(6 / fan_in)`, which deep networks pass on without loss, and biases within 0.1.
#[allow(dead_code, reason = "not every crate computes with deep networks")]
pub fn deep_weights(layout: &Layout) -> Vec<f32> {
    weights_of(layout, |fan_in| (6.0 / fan_in).sqrt(), |_| 0.1)
}

fn weights_of(layout: &Layout, weight: impl Fn(f64) -> f64, bias: impl Fn(f64) -> f64) -> Vec<f32> {
    let of = |spec: &WeightSpec| {
        let (middle, bound) = match spec.role {
            Role::Weight => (0.0, weight(spec.fan_in as f64)),
            Role::Bias => (0.0, bias(spec.fan_in as f64)),
            Role::Scale | Role::RunningVariance => (1.0, 0.25),
            Role::Shift | Role::RunningMean => (0.0, 0.1),
        };
        let values = floats(&spec.name, spec.range.len(), bound);
        values.into_iter().map(move |v| middle + v)
    };
    layout.specs().iter().flat_map(of).collect()
}

#[test]
fn the_first_values_are_those_in_the_readme() {
    assert_eq!(floats("input", 4, 1.0), [-0.252421, -0.4332704, 0.90572625, -0.5016746]);
    assert_eq!(floats("conv1.weight", 4, 0.2), [-0.009920404, 0.16694127, -0.12782486, -0.12362286]);
    assert_eq!(integers("input", 4, 256).collect::<Vec<_>>(), [95, 72, 243, 63]);
    assert_eq!(integers("labels", 4, 10).collect::<Vec<_>>(), [3, 2, 3, 2]);
}
