//! The values of weights, inputs and labels as `formula.py` defines them.

use firesteel_core::network::Layout;

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

/// All weights of a network, within `1 / sqrt(fan_in)`.
pub fn weights(layout: &Layout) -> Vec<f32> {
    let of = |name: &str, count, fan_in: usize| floats(name, count, 1.0 / (fan_in as f64).sqrt());
    layout.specs().iter().flat_map(|spec| of(&spec.name, spec.range.len(), spec.fan_in)).collect()
}

#[test]
fn the_first_values_are_those_in_the_readme() {
    assert_eq!(floats("input", 4, 1.0), [-0.252421, -0.4332704, 0.90572625, -0.5016746]);
    assert_eq!(floats("conv1.weight", 4, 0.2), [-0.009920404, 0.16694127, -0.12782486, -0.12362286]);
    assert_eq!(integers("input", 4, 256).collect::<Vec<_>>(), [95, 72, 243, 63]);
    assert_eq!(integers("labels", 4, 10).collect::<Vec<_>>(), [3, 2, 3, 2]);
}
