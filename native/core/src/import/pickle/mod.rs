//! Python's pickles as data: numbers, texts, containers and PyTorch's tensors, and nothing else.

mod calls;
mod machine;
mod object;
mod state_dict;

pub(super) use machine::load;
pub(super) use object::{Object, Pickle};
pub(super) use state_dict::state_dict;
