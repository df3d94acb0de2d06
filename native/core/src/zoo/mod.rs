//! Networks that many people know, with the names of their weights in PyTorch and how their images are prepared.

mod alexnet;
mod cifar_resnet;
mod densenet;
mod efficientnet;
mod entry;
mod inception;
mod layers;
mod lenet;
mod mobilenet_v1;
mod mobilenet_v2;
mod mobilenet_v3;
mod resnet;
mod squeezenet;
mod vgg;

use crate::Error;
use crate::network::Network;

pub use entry::{Entry, Preparation};

/// All networks, family by family.
pub fn list() -> Vec<Entry> {
    [
        lenet::entries(),
        alexnet::entries(),
        vgg::entries(),
        squeezenet::entries(),
        resnet::entries(),
        cifar_resnet::entries(),
        densenet::entries(),
        inception::entries(),
        mobilenet_v1::entries(),
        mobilenet_v2::entries(),
        mobilenet_v3::entries(),
        efficientnet::entries(),
    ]
    .concat()
}

/// The entry of that name, or an error that lists all names.
pub fn entry(name: &str) -> Result<Entry, Error> {
    let mut all = list();
    if let Some(at) = all.iter().position(|entry| entry.name == name) {
        return Ok(all.swap_remove(at));
    }
    let names: Vec<&str> = all.iter().map(|entry| entry.name).collect();
    let problem = format!("'{name}' is none of {}", names.join(", "));
    Err(Error::Setting { name: "architecture", problem })
}

/// The network of that name with that many classes, for inputs of its usual size.
pub fn network(name: &str, classes: usize) -> Result<Network, Error> {
    let entry = entry(name)?;
    Ok(entry.network(entry.input, classes))
}
