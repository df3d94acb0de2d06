//! The state dictionary in a pickle.

use super::object::{Kind, Object, Pickle, TensorOf};
use crate::import::tensor::Tensor;
use crate::import::{MAX_NAME, MAX_TENSORS};

/// Where programs put the state dictionary among other things.
const WRAPPERS: [&str; 5] = ["state_dict", "model_state_dict", "model", "net", "weights"];

/// The tensors of a state dictionary, or of the one within a wrapper. `storage` gives the bytes of a key.
pub(in crate::import) fn state_dict<'a>(
    pickle: &Pickle,
    storage: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<Vec<(String, Tensor<'a>)>, String> {
    let root = pickle.root();
    let wrapped = WRAPPERS.iter().filter_map(|key| pickle.entry(root, key));
    let dict = wrapped.into_iter().find(|object| matches!(object, Object::Dict(_))).unwrap_or(root);
    let Object::Dict(entries) = dict else {
        return Err("its pickle is no dictionary of tensors: save the state_dict() of the module".to_owned());
    };
    if entries.len() > MAX_TENSORS {
        return Err(format!("it holds {} tensors, at most {MAX_TENSORS} are read", entries.len()));
    }
    let mut tensors = Vec::with_capacity(entries.len());
    for &(key, value) in entries {
        let Object::Text(name) = pickle.get(key) else {
            return Err(
                "its dictionary has a key that is no text: save the state_dict() of the module".to_owned()
            );
        };
        if name.len() > MAX_NAME {
            return Err(format!(
                "a name in its dictionary has {} bytes, at most {MAX_NAME} are read",
                name.len()
            ));
        }
        let Object::Tensor(tensor) = pickle.get(value) else {
            return Err(format!(
                "the entry '{name}' of its dictionary is no tensor: save the state_dict() of the module"
            ));
        };
        tensors.push((name.clone(), with_bytes(pickle, name, tensor, &storage)?));
    }
    Ok(tensors)
}

fn with_bytes<'a>(
    pickle: &Pickle,
    name: &str,
    tensor: &TensorOf,
    storage: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<Tensor<'a>, String> {
    let missing = |key: &str| format!("tensor '{name}': its storage '{key}' is missing");
    let Object::Storage(own) = pickle.get(tensor.storage) else { return Err(missing("")) };
    let dtype = match own.kind {
        Kind::Float(float) => Ok(float),
        Kind::Other(name, _) => Err(name.to_owned()),
    };
    Ok(Tensor {
        shape: tensor.shape.clone(),
        dtype,
        storage: storage(&own.key).ok_or_else(|| missing(&own.key))?,
        offset: tensor.offset,
        strides: tensor.strides.clone(),
    })
}
