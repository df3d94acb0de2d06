//! Initial weights.

use rand_distr::{Distribution, StandardNormal};

use crate::Error;
use crate::network::{Layout, Role, WeightSpec};
use crate::random::{Key, Purpose};

/// How initial weights are drawn. Biases are 0 but for [`Uniform`](Initializer::Uniform); normalisation begins
/// with scale and variance 1, shift and mean 0, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initializer {
    /// Uniform within `1 / sqrt(fan_in)`, biases as well: PyTorch's default for convolutions and dense layers.
    Uniform,
    /// Uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio 2010).
    Xavier,
    /// Normal with variance `2 / fan_in` (He et al. 2015).
    He,
    /// Normal with variance `1 / fan_in` (LeCun et al. 1998).
    Normal,
    /// All 0 (but scales and variances).
    Zeros,
}

impl Initializer {
    /// The initializers by name.
    const NAMES: [(&str, Initializer); 5] = [
        ("uniform", Initializer::Uniform),
        ("xavier", Initializer::Xavier),
        ("he", Initializer::He),
        ("normal", Initializer::Normal),
        ("zeros", Initializer::Zeros),
    ];

    /// Finds an initializer by its name.
    pub fn from_name(name: &str) -> Result<Initializer, Error> {
        let found = Self::NAMES.iter().find(|(n, _)| *n == name);
        found.map(|(_, initializer)| *initializer).ok_or_else(|| {
            let names = Self::NAMES.map(|(n, _)| n).join(", ");
            Error::Setting { name: "initializer", problem: format!("'{name}' is none of {names}") }
        })
    }

    /// Draws the weights of a network: a function of the layout and the seed alone.
    pub fn weights(self, layout: &Layout, seed: u64) -> Vec<f32> {
        let mut weights = vec![0.0; layout.values()];
        for (row, spec) in (0..).zip(layout.specs()) {
            let key = Key { row, ..Key::new(seed, Purpose::Weights) };
            self.fill(spec, &key, &mut weights[spec.range.clone()]);
        }
        weights
    }

    fn fill(self, spec: &WeightSpec, key: &Key, out: &mut [f32]) {
        let (fan_in, fan_out) = (spec.fan_in as f64, spec.fan_out as f64);
        match (self, spec.role) {
            (_, Role::Scale | Role::RunningVariance) => out.fill(1.0),
            (_, Role::Shift | Role::RunningMean) => out.fill(0.0),
            (Initializer::Uniform, _) => uniform(key, 1.0 / fan_in.sqrt(), out),
            (Initializer::Zeros, _) | (_, Role::Bias) => out.fill(0.0),
            (Initializer::Xavier, Role::Weight) => uniform(key, (6.0 / (fan_in + fan_out)).sqrt(), out),
            (Initializer::He, Role::Weight) => normal(key, (2.0 / fan_in).sqrt(), out),
            (Initializer::Normal, Role::Weight) => normal(key, 1.0 / fan_in.sqrt(), out),
        }
    }
}

fn uniform(key: &Key, bound: f64, out: &mut [f32]) {
    // Between 0 and 1 first: a distribution over given bounds can fail, this one cannot.
    let mut generator = key.generator();
    for value in out {
        let unit: f64 = rand_distr::StandardUniform.sample(&mut generator);
        *value = ((2.0 * unit - 1.0) * bound) as f32;
    }
}

fn normal(key: &Key, deviation: f64, out: &mut [f32]) {
    let mut generator = key.generator();
    for value in out {
        let standard: f64 = StandardNormal.sample(&mut generator);
        *value = (standard * deviation) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Graph, Network};

    /// fan_in 100, fan_out 400 for the first layer's weights.
    fn graph() -> Graph {
        Graph::new(&Network::input(&[100]).dense(400).relu().dense(10).build()).unwrap()
    }

    fn first_layer(initializer: Initializer, seed: u64) -> (Vec<f32>, Vec<f32>) {
        let weights = initializer.weights(graph().layout(), seed);
        (weights[..40_000].to_vec(), weights[40_000..40_400].to_vec())
    }

    fn mean_and_variance(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        (mean, values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n)
    }

    #[test]
    fn moments_are_those_of_the_definitions() {
        // A uniform distribution within b has the variance b^2 / 3.
        let cases: [(Initializer, f64); 4] = [
            (Initializer::Uniform, 0.01 / 3.0),
            (Initializer::Xavier, 6.0 / 500.0 / 3.0),
            (Initializer::He, 0.02),
            (Initializer::Normal, 0.01),
        ];
        for (initializer, variance) in cases {
            let (weights, bias) = first_layer(initializer, 1);
            let (mean, found) = mean_and_variance(&weights);
            assert!(mean.abs() < 3.0 * (variance / 40_000.0).sqrt(), "{initializer:?}: mean {mean}");
            assert!((found / variance - 1.0).abs() < 0.03, "{initializer:?}: variance {found}");
            assert_eq!(
                bias.iter().any(|&b| b != 0.0),
                initializer == Initializer::Uniform,
                "{initializer:?}"
            );
        }
        assert!(Initializer::Zeros.weights(graph().layout(), 1).iter().all(|&w| w == 0.0));
    }

    #[test]
    fn uniform_weights_stay_within_their_bound() {
        let (weights, bias) = first_layer(Initializer::Uniform, 3);
        let largest = weights.iter().chain(&bias).fold(0.0_f32, |m, w| m.max(w.abs()));
        assert!(largest <= 0.1 && largest > 0.0999, "{largest}");
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(first_layer(Initializer::He, 5), first_layer(Initializer::He, 5));
        assert_ne!(first_layer(Initializer::He, 5), first_layer(Initializer::He, 6));
    }

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        let error = Initializer::from_name("glorot").unwrap_err().to_string();
        assert_eq!(error, "initializer: 'glorot' is none of uniform, xavier, he, normal, zeros");
    }
}
