//! What a pickle may hold.

use crate::import::float::Float;

/// The place of an object among those of its pickle. Containers may hold themselves: nothing here recurses.
pub(super) type Id = u32;

/// An object of a pickle.
#[derive(Debug, Clone)]
pub(in crate::import) enum Object {
    /// Python's None.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float,
    /// A text.
    Text(String),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A list.
    List(Vec<Id>),
    /// A dictionary: its keys and values in their order.
    Dict(Vec<(Id, Id)>),
    /// A class or function that is understood.
    Global(Global),
    /// A storage.
    Storage(Storage),
    /// A tensor.
    Tensor(TensorOf),
}

/// A class or function that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::import) enum Global {
    /// collections.OrderedDict
    OrderedDict,
    /// torch.Size
    Size,
    /// torch._utils._rebuild_tensor and _rebuild_tensor_v2
    RebuildTensor,
    /// torch._utils._rebuild_parameter
    RebuildParameter,
    /// torch.FloatStorage and its like
    StorageKind(Kind),
}

/// The numbers of a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::import) enum Kind {
    /// Numbers that can be weights.
    Float(Float),
    /// The name of other numbers, and their bytes.
    Other(&'static str, usize),
}

/// A storage.
#[derive(Debug, Clone)]
pub(in crate::import) struct Storage {
    /// Its name in the file.
    pub(in crate::import) key: String,
    /// Its numbers.
    pub(in crate::import) kind: Kind,
}

/// A tensor, as a part of a storage.
#[derive(Debug, Clone)]
pub(in crate::import) struct TensorOf {
    pub(super) storage: Id,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

/// All objects of a pickle.
#[derive(Debug)]
pub(in crate::import) struct Pickle {
    pub(super) objects: Vec<Object>,
    pub(super) root: Id,
}

impl Kind {
    /// Bytes of a number.
    pub(in crate::import) fn bytes(self) -> usize {
        match self {
            Kind::Float(float) => float.bytes(),
            Kind::Other(_, bytes) => bytes,
        }
    }
}

impl Global {
    /// The one of that name.
    pub(super) fn find(module: &str, name: &str) -> Option<Global> {
        let kind = |kind| Some(Global::StorageKind(kind));
        match (module, name) {
            ("collections", "OrderedDict") => Some(Global::OrderedDict),
            ("torch", "Size") => Some(Global::Size),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Global::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Some(Global::RebuildParameter),
            ("torch", "HalfStorage") => kind(Kind::Float(Float::F16)),
            ("torch", "BFloat16Storage") => kind(Kind::Float(Float::Bf16)),
            ("torch", "FloatStorage") => kind(Kind::Float(Float::F32)),
            ("torch", "DoubleStorage") => kind(Kind::Float(Float::F64)),
            ("torch", "LongStorage") => kind(Kind::Other("int64", 8)),
            ("torch", "IntStorage") => kind(Kind::Other("int32", 4)),
            ("torch", "ShortStorage") => kind(Kind::Other("int16", 2)),
            ("torch", "CharStorage") => kind(Kind::Other("int8", 1)),
            ("torch", "ByteStorage") => kind(Kind::Other("uint8", 1)),
            ("torch", "BoolStorage") => kind(Kind::Other("bool", 1)),
            _ => None,
        }
    }
}

impl Pickle {
    /// The object that the pickle is.
    pub(in crate::import) fn root(&self) -> &Object {
        self.get(self.root)
    }

    pub(super) fn get(&self, id: Id) -> &Object {
        self.objects.get(id as usize).unwrap_or(&Object::None)
    }

    /// The value of a key of a dictionary: the last one where it stands several times, as in Python.
    pub(in crate::import) fn entry(&self, dict: &Object, key: &str) -> Option<&Object> {
        let Object::Dict(entries) = dict else { return None };
        let is_key = |&&(k, _): &&(Id, Id)| matches!(self.get(k), Object::Text(text) if text == key);
        entries.iter().rfind(is_key).map(|&(_, value)| self.get(value))
    }

    /// The texts of a list of nothing else.
    pub(in crate::import) fn texts(&self, list: &Object) -> Option<Vec<&str>> {
        let Object::List(items) = list else { return None };
        let text = |&id: &Id| match self.get(id) {
            Object::Text(text) => Some(text.as_str()),
            _ => None,
        };
        items.iter().map(text).collect()
    }

    /// All storages.
    pub(in crate::import) fn storages(&self) -> impl Iterator<Item = &Storage> {
        self.objects.iter().filter_map(|object| match object {
            Object::Storage(storage) => Some(storage),
            _ => None,
        })
    }
}
