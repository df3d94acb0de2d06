//! Rows of bytes as the numbers that a network sees; training images are changed at random before.

use firesteel_core::network::Shape;
use firesteel_core::random::{Key, Purpose};
use firesteel_core::{Augmentations, ByteTable};

use crate::{Config, Error, Randomness};

/// Turns rows of bytes into numbers.
#[derive(Debug)]
pub(crate) struct ByteRows {
    table: ByteTable,
    /// The bytes of one row.
    row_bytes: usize,
    augmented: Option<Augmented>,
    /// Reused by every mini-batch.
    numbers: Vec<f32>,
}

impl ByteRows {
    /// For inputs of that shape.
    pub(crate) fn new(config: &Config, input: &Shape) -> Result<ByteRows, Error> {
        let table = config.preprocessing.table(input)?;
        let augmented = Augmented::new(config, input)?;
        let row_bytes = augmented.as_ref().map_or(input.values(), Augmented::row_bytes);
        Ok(ByteRows { table, row_bytes, augmented, numbers: vec![] })
    }

    /// The number of bytes of one row.
    pub(crate) fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// Whether rows are changed at random.
    pub(crate) fn are_augmented(&self) -> bool {
        self.augmented.is_some()
    }

    /// The numbers of whole rows, of which the first has the place `first` in the order of the round.
    pub(crate) fn numbers(&mut self, bytes: &[u8], first: u64) -> Result<&[f32], Error> {
        self.numbers.clear();
        match &self.augmented {
            None => self.table.append(bytes, &mut self.numbers),
            Some(augmented) => {
                for (place, row) in (first..).zip(bytes.chunks_exact(self.row_bytes)) {
                    self.table.append(&augmented.row(row, place)?, &mut self.numbers);
                }
            }
        }
        Ok(&self.numbers)
    }
}

/// The random changes of one worker's rows within a round.
#[derive(Debug)]
struct Augmented {
    changes: Augmentations,
    key: Key,
}

impl Augmented {
    /// Nothing where the configuration has no changes.
    fn new(config: &Config, input: &Shape) -> Result<Option<Augmented>, Error> {
        if config.augmentations.is_empty() {
            return Ok(None);
        }
        let changes = Augmentations::new(&config.augmentations, &config.preprocessing, input)?;
        let Some(Randomness { seed, partition }) = config.random else {
            return Err(Error::NoRandomness { what: "a list of augmentations".to_owned() });
        };
        let key = Key { round: config.round, partition, ..Key::new(seed, Purpose::Augmentation) };
        Ok(Some(Augmented { changes, key }))
    }

    fn row_bytes(&self) -> usize {
        self.changes.stored().iter().product()
    }

    /// A row changed by numbers of its own. Its place in the order of the round names it, since that order is a
    /// function of seed, round and partition: neither its batch nor its neighbours matter.
    fn row(&self, bytes: &[u8], place: u64) -> Result<Vec<u8>, Error> {
        let mut random = Key { row: place, ..self.key }.generator();
        Ok(self.changes.apply(bytes, &mut random)?)
    }
}
