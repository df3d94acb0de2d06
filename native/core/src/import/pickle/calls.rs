//! The calls that a pickle may ask for: those that make dictionaries, storages and tensors.

use super::machine::{MAX_REFERENCES, Machine, damaged};
use super::object::{Global, Id, Object, Storage, TensorOf};

/// The most dimensions of a tensor.
const MAX_DIMENSIONS: usize = 8;

/// The longest key of a storage, in bytes.
const MAX_KEY: usize = 256;

impl Machine<'_> {
    /// Calls a function that is understood.
    pub(super) fn reduce(&mut self) -> Result<(), String> {
        let ids = self.pop_several(2)?;
        let [Object::Global(global), Object::Tuple(arguments)] = self.several(&ids)? else {
            return Err(damaged("calls something else than a function"));
        };
        match (global, arguments.as_slice()) {
            (Global::OrderedDict, []) => self.push(Object::Dict(vec![])),
            (Global::OrderedDict, &[pairs]) => {
                let entries = self.pairs(pairs)?;
                self.copied += entries.len();
                self.push(Object::Dict(entries))
            }
            // These are what they are made of.
            (Global::Size, &[tuple]) if matches!(self.object(tuple), Object::Tuple(_)) => {
                self.push_again(tuple)
            }
            (Global::RebuildParameter, &[tensor, ..]) if matches!(self.object(tensor), Object::Tensor(_)) => {
                self.push_again(tensor)
            }
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                let tensor = self.tensor(storage, [offset, shape, strides])?;
                self.push_tensor(tensor)
            }
            _ => Err(damaged("calls a function with unexpected arguments")),
        }
    }

    /// The entries of a list of pairs.
    fn pairs(&self, id: Id) -> Result<Vec<(Id, Id)>, String> {
        let problem = || damaged("makes a dictionary of something else than pairs");
        let Object::List(items) = self.object(id) else { return Err(problem()) };
        if self.copied + items.len() > MAX_REFERENCES {
            return Err(damaged("has too many references"));
        }
        let pair = |&item: &Id| match self.object(item) {
            Object::List(pair) | Object::Tuple(pair) => match pair.as_slice() {
                &[key, value] => Ok((key, value)),
                _ => Err(problem()),
            },
            _ => Err(problem()),
        };
        items.iter().map(pair).collect()
    }

    fn tensor(&self, storage: Id, [offset, shape, strides]: [Id; 3]) -> Result<Object, String> {
        let problem = || damaged("has a tensor whose storage, offset, shape or strides are none");
        let number = |id: Id| match self.object(id) {
            Object::Int(number) => usize::try_from(*number).map_err(|_| problem()),
            _ => Err(problem()),
        };
        let numbers = |id: Id| match self.object(id) {
            Object::Tuple(items) if items.len() <= MAX_DIMENSIONS => {
                items.iter().map(|&i| number(i)).collect()
            }
            _ => Err(problem()),
        };
        if !matches!(self.object(storage), Object::Storage(_)) {
            return Err(problem());
        }
        let (shape, strides) = (numbers(shape)?, numbers(strides)?);
        Ok(Object::Tensor(TensorOf { storage, offset: number(offset)?, shape, strides }))
    }

    /// Sets attributes of an object: those of a dictionary (PyTorch's `_metadata`) say nothing about weights.
    pub(super) fn build(&mut self) -> Result<(), String> {
        self.pop()?;
        match self.top()? {
            Object::Dict(_) => Ok(()),
            _ => Err(damaged("sets attributes of something else than a dictionary")),
        }
    }

    /// A storage: `("storage", class, key, device, number of values)`, in old files and a view of nothing.
    pub(super) fn persistent(&mut self) -> Result<(), String> {
        let id = self.pop()?;
        let problem = || damaged("refers to something else than a storage");
        let Object::Tuple(items) = self.object(id) else { return Err(problem()) };
        let (tag, kind, key, view) = match *items.as_slice() {
            [tag, kind, key, _, _] => (tag, kind, key, None),
            [tag, kind, key, _, _, view] => (tag, kind, key, Some(view)),
            _ => return Err(problem()),
        };
        if view.is_some_and(|view| !matches!(self.object(view), Object::None)) {
            return Err(damaged("has a view of a storage, as PyTorch wrote before version 0.4"));
        }
        match (self.object(tag), self.object(kind), self.object(key)) {
            (Object::Text(tag), Object::Global(Global::StorageKind(kind)), Object::Text(key))
                if tag == "storage" && key.len() <= MAX_KEY =>
            {
                let storage = Storage { key: key.clone(), kind: *kind };
                self.push_tensor(Object::Storage(storage))
            }
            _ => Err(problem()),
        }
    }
}
