//! Reads what PyTorch computed: the files in `expected`.

use firesteel_core::network::Network;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Reads a file of `expected`, or as much of it as the type names.
pub fn read<T: DeserializeOwned>(file: &str) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity/expected");
    let text = std::fs::read_to_string(format!("{folder}/{file}")).expect(file);
    serde_json::from_str(&text).expect(file)
}

/// A case of ops.json. Weights and inputs are the formula's.
#[derive(Deserialize)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// A few layers.
    pub network: Network,
    /// The number of rows.
    pub rows: usize,
    /// The inputs lie within plus and minus this.
    pub input_bound: f64,
    /// The outputs of all rows.
    pub output: Vec<f32>,
}

/// The largest difference of two lists, relative to the largest expected number; NaN where one holds NaN.
pub fn difference(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| {
        values.map(f64::abs).fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
    };
    let apart = largest(&mut found.iter().zip(expected).map(|(f, e)| f64::from(*f) - f64::from(*e)));
    if apart == 0.0 { 0.0 } else { apart / largest(&mut expected.iter().map(|e| f64::from(*e))) }
}
