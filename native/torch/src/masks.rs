//! Dropout's masks, from the project's own generator: libtorch's would make a fit depend on its neighbours.

use firesteel_core::random::{Key, Purpose};
use rand::Rng;
use tch::Tensor;

use crate::Error;

/// Which values each dropout layer keeps in one step: a function of the key alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Masks {
    key: Key,
}

impl Masks {
    /// The masks of a step of a worker.
    pub(crate) fn new(seed: u64, round: u32, partition: u32, step: u32) -> Masks {
        Masks { key: Key { round, partition, step, ..Key::new(seed, Purpose::Dropout) } }
    }

    /// The factors of a layer's input of that shape, rows first: 0 with probability `p`, else `1 / (1 - p)`.
    /// Each row's are its own, whatever the number of rows.
    pub(crate) fn draw(&self, layer: usize, p: f64, shape: &[i64]) -> Result<Tensor, Error> {
        let rows = shape.first().copied().unwrap_or_default();
        let values: i64 = shape.iter().skip(1).product();
        // A 32-bit number lies below this with probability p.
        let limit = (p * 2_f64.powi(32)) as u64;
        let kept = (1.0 / (1.0 - p)) as f32;
        let mut mask = Vec::with_capacity((rows * values) as usize);
        for row in 0..rows as u64 {
            let mut generator = Key { row: (layer as u64) << 32 | row, ..self.key }.generator();
            mask.extend((0..values).map(
                |_| {
                    if u64::from(generator.next_u32()) < limit { 0.0 } else { kept }
                },
            ));
        }
        Ok(Tensor::f_from_slice(&mask)?.f_view(shape)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(masks: Masks, layer: usize, p: f64, rows: i64) -> Vec<f32> {
        crate::tests::values(&masks.draw(layer, p, &[rows, 10, 10, 10]).unwrap())
    }

    #[test]
    fn values_are_kept_with_their_probability_and_the_mean_stays() {
        for p in [0.0, 0.2, 0.5, 0.9] {
            let mask = mask(Masks::new(1, 0, 0, 1), 0, p, 10);
            let dropped = mask.iter().filter(|&&v| v == 0.0).count() as f64 / 10_000.0;
            assert!((dropped - p).abs() < 0.02, "{p}: {dropped}");
            let kept = (1.0 / (1.0 - p)) as f32;
            assert!(mask.iter().all(|&v| v == 0.0 || v == kept));
        }
    }

    #[test]
    fn every_part_of_the_key_matters_and_the_number_of_rows_does_not() {
        let first = mask(Masks::new(1, 2, 3, 4), 5, 0.5, 1);
        assert_eq!(mask(Masks::new(1, 2, 3, 4), 5, 0.5, 3)[..1000], first);
        let others = [
            mask(Masks::new(9, 2, 3, 4), 5, 0.5, 1),
            mask(Masks::new(1, 9, 3, 4), 5, 0.5, 1),
            mask(Masks::new(1, 2, 9, 4), 5, 0.5, 1),
            mask(Masks::new(1, 2, 3, 9), 5, 0.5, 1),
            mask(Masks::new(1, 2, 3, 4), 9, 0.5, 1),
            mask(Masks::new(1, 2, 3, 4), 5, 0.5, 2)[1000..].to_vec(),
        ];
        for (i, other) in others.iter().enumerate() {
            assert_ne!(*other, first, "{i}");
        }
    }
}
