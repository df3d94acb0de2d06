//! The one source of randomness: a counter-based generator keyed by what the numbers are for.
//!
//! A process-wide generator would make a fit depend on retries and on its neighbours in the same process.
//! Here every use has a key of its own, and the numbers are a function of the key alone: ChaCha with 8
//! rounds (Bernstein 2008), whose 256-bit key is the fields of [`Key`].

use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for: no two purposes share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Initial weights.
    Weights,
    /// The order of all rows before training.
    Rows,
    /// The order of a worker's rows within a round.
    Batches,
    /// Which values dropout keeps; counted by row and layer.
    Dropout,
    /// Changes of training images; counted by the row's place in the order of the round.
    Augmentation,
}

/// Names a stream of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The user's seed.
    pub seed: u64,
    /// What the numbers are for.
    pub purpose: Purpose,
    /// The training round, where it matters.
    pub round: u32,
    /// The partition, where it matters.
    pub partition: u32,
    /// The step within the round, where it matters.
    pub step: u32,
    /// The row, or whatever is counted within the above.
    pub row: u64,
}

impl Key {
    /// The key whose further fields are all 0.
    pub fn new(seed: u64, purpose: Purpose) -> Key {
        Key { seed, purpose, round: 0, partition: 0, step: 0, row: 0 }
    }

    /// The generator of this stream, at its start.
    pub fn generator(&self) -> ChaCha8Rng {
        let purpose: u32 = match self.purpose {
            Purpose::Weights => 1,
            Purpose::Rows => 2,
            Purpose::Batches => 3,
            Purpose::Dropout => 4,
            Purpose::Augmentation => 5,
        };
        let mut key = [0; 32];
        key[0..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..12].copy_from_slice(&purpose.to_le_bytes());
        key[12..16].copy_from_slice(&self.round.to_le_bytes());
        key[16..20].copy_from_slice(&self.partition.to_le_bytes());
        key[20..24].copy_from_slice(&self.step.to_le_bytes());
        key[24..32].copy_from_slice(&self.row.to_le_bytes());
        ChaCha8Rng::from_seed(key)
    }

    /// Fills `out` with a random order of `0..out.len()`.
    pub fn permutation(&self, out: &mut [i32]) {
        for (i, value) in (0..).zip(out.iter_mut()) {
            *value = i;
        }
        out.shuffle(&mut self.generator());
    }

    /// Fills `out` with random 64-bit numbers.
    pub fn numbers(&self, out: &mut [i64]) {
        self.generator().fill(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(key: Key) -> i64 {
        let mut out = [0];
        key.numbers(&mut out);
        out[0]
    }

    #[test]
    fn the_numbers_are_a_function_of_the_key() {
        let key = Key { seed: 7, purpose: Purpose::Batches, round: 1, partition: 2, step: 3, row: 4 };
        let mut numbers = vec![first(key); 1];
        assert_eq!(first(key), numbers[0]);
        numbers.push(first(Key { seed: 8, ..key }));
        numbers.push(first(Key { purpose: Purpose::Rows, ..key }));
        numbers.push(first(Key { round: 2, ..key }));
        numbers.push(first(Key { partition: 3, ..key }));
        numbers.push(first(Key { step: 4, ..key }));
        numbers.push(first(Key { row: 5, ..key }));
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 7, "keys that differ in one field must give other numbers");
    }

    #[test]
    fn the_numbers_do_not_change_between_builds() {
        // A change here changes every trained model: it needs a new major version.
        assert_eq!(first(Key::new(42, Purpose::Weights)), -8_774_069_428_006_683_519);
    }

    #[test]
    fn a_permutation_holds_each_index_once_and_is_not_the_identity() {
        let mut order = vec![0; 1000];
        Key::new(1, Purpose::Rows).permutation(&mut order);
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert!(order.iter().zip(0..).all(|(&a, b)| a == b));
    }
}
