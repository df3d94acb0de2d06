//! A tensor of a file: where its numbers lie.

use super::float::Float;

/// A tensor that has not been read yet.
#[derive(Debug, Clone)]
pub(super) struct Tensor<'a> {
    /// The dimensions.
    pub(super) shape: Vec<usize>,
    /// The number format, or the name of one that is no floating-point number.
    pub(super) dtype: Result<Float, String>,
    /// The bytes of the storage.
    pub(super) storage: &'a [u8],
    /// Numbers of the storage before the tensor's first.
    pub(super) offset: usize,
    /// Numbers from one index to the next, for each dimension.
    pub(super) strides: Vec<usize>,
}

impl<'a> Tensor<'a> {
    /// A tensor whose numbers fill its storage one after the other, the last dimension first.
    pub(super) fn contiguous(
        shape: Vec<usize>,
        dtype: Result<Float, String>,
        storage: &'a [u8],
    ) -> Tensor<'a> {
        let mut strides = vec![1; shape.len()];
        for d in (1..shape.len()).rev() {
            strides[d - 1] = shape[d].saturating_mul(strides[d]);
        }
        Tensor { shape, dtype, storage, offset: 0, strides }
    }

    /// Refuses number formats that cannot be weights, and places outside the storage.
    pub(super) fn check(&self) -> Result<(), String> {
        let float = match &self.dtype {
            Ok(float) => float,
            Err(other) => return Err(format!("its dtype is {other}, weights are floating-point numbers")),
        };
        if self.strides.len() != self.shape.len() {
            return Err(format!(
                "it has {} dimensions, but {} strides",
                self.shape.len(),
                self.strides.len()
            ));
        }
        let available = self.storage.len() / float.bytes();
        let reach = |d: usize| self.shape[d].checked_sub(1)?.checked_mul(self.strides[d]);
        let last = (0..self.shape.len()).try_fold(self.offset, |at, d| at.checked_add(reach(d)?));
        match last {
            Some(last) if last < available => Ok(()),
            _ => {
                let (offset, strides) = (self.offset, &self.strides);
                Err(format!(
                    "its numbers at offset {offset} with strides {strides:?} are not inside its storage of {available}"
                ))
            }
        }
    }

    /// Whether the storage can hold a number for each place: strides may lead to some of them again and again.
    pub(super) fn repeats_nothing(&self) -> bool {
        let values = self.shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
        let room = self.dtype.as_ref().map_or(0, |float| self.storage.len() / float.bytes());
        values.is_some_and(|values| values <= room)
    }

    /// Appends the numbers, the last dimension first. The tensor has been [checked](Self::check).
    pub(super) fn append(&self, out: &mut Vec<f32>) {
        if let Ok(float) = self.dtype {
            self.append_from(0, self.offset, float, out);
        }
    }

    fn append_from(&self, d: usize, at: usize, float: Float, out: &mut Vec<f32>) {
        let width = float.bytes();
        match self.shape.len() - d {
            0 => out.push(float.read(&self.storage[at * width..])),
            1 if self.strides[d] == 1 => {
                let numbers = self.storage[at * width..][..self.shape[d] * width].chunks_exact(width);
                out.extend(numbers.map(|bytes| float.read(bytes)));
            }
            _ => {
                (0..self.shape[d]).for_each(|i| self.append_from(d + 1, at + i * self.strides[d], float, out))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: u8) -> Vec<u8> {
        (0..n).flat_map(|i| f32::from(i).to_le_bytes()).collect()
    }

    #[test]
    fn strides_lead_to_the_numbers() {
        let storage = numbers(8);
        let values = |shape: &[usize], offset, strides: &[usize]| {
            let (shape, strides) = (shape.to_vec(), strides.to_vec());
            let tensor = Tensor { shape, dtype: Ok(Float::F32), storage: &storage, offset, strides };
            tensor.check().unwrap();
            let mut out = vec![];
            tensor.append(&mut out);
            out
        };
        assert_eq!(values(&[2, 3], 1, &[3, 1]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(values(&[3, 2], 0, &[1, 3]), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(values(&[2, 2], 7, &[0, 0]), [7.0; 4]);
        assert_eq!(values(&[], 3, &[]), [3.0]);
        let repeated = |strides| {
            let shape = vec![3, 3];
            Tensor { shape, dtype: Ok(Float::F32), storage: &storage, offset: 0, strides }.repeats_nothing()
        };
        assert!(!repeated(vec![0, 1]));
        let mut out = vec![];
        Tensor::contiguous(vec![2, 2, 2], Ok(Float::F32), &storage).append(&mut out);
        assert_eq!(out, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    }

    #[test]
    fn places_outside_the_storage_are_refused() {
        let storage = numbers(8);
        let check = |shape: &[usize], offset, strides: &[usize]| {
            let (shape, strides) = (shape.to_vec(), strides.to_vec());
            Tensor { shape, dtype: Ok(Float::F32), storage: &storage, offset, strides }.check()
        };
        assert_eq!(check(&[8], 0, &[1]), Ok(()));
        for (shape, offset, strides) in [
            (&[8][..], 1, &[1][..]),
            (&[9], 0, &[1]),
            (&[2], 0, &[8]),
            (&[], 8, &[]),
            (&[0], 0, &[1]),
            (&[2], usize::MAX, &[1]),
            (&[3], 0, &[usize::MAX / 2 + 1]),
            (&[usize::MAX, 2], 0, &[1, 1]),
        ] {
            let error = check(shape, offset, strides).unwrap_err();
            assert!(error.contains("are not inside its storage of 8"), "{shape:?}: {error}");
        }
        assert_eq!(check(&[2], 0, &[1, 1]).unwrap_err(), "it has 1 dimensions, but 2 strides");
    }
}
