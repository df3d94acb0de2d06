//! What a round of training needs to know beside weights and data.

use firesteel_core::Preprocessing;
use firesteel_core::image::augment::Augmentation;
use firesteel_core::network::Network;
use serde::Deserialize;
use tch::{Cuda, Device};

use crate::Error;

/// The configuration of a round.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The network.
    pub network: Network,
    /// How bytes become numbers.
    pub preprocessing: Preprocessing,
    /// Random changes of each row of bytes before it becomes numbers: see [`firesteel_core::Augmentations`].
    #[serde(default)]
    pub augmentations: Vec<Augmentation>,
    /// Factor of each update; above 0.
    pub learning_rate: f64,
    /// Share of the last update that goes into the next; 0 up to 1.
    pub momentum: f64,
    /// Factor of the weights that is added to their gradient; 0 or more.
    pub weight_decay: f64,
    /// Where to compute.
    pub device: DeviceChoice,
    /// The round, counted from 0.
    pub round: u32,
    /// The layers that learn, by their names or by the beginnings of their names up to a dot: `layer4` stands for
    /// `layer4.0.conv1` and its like. The others stay as they are: their batch normalisation uses the running mean
    /// and variance and leaves them alone, as that of a layer with Keras's `trainable = False` and of a module in
    /// PyTorch's evaluation mode. Nothing means all layers.
    #[serde(default)]
    pub trainable_layers: Option<Vec<String>>,
    /// What augmentations and the masks of dropout are drawn from; has to be given where there are any.
    #[serde(default)]
    pub random: Option<Randomness>,
}

/// The source of random numbers of one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Randomness {
    /// The user's seed.
    pub seed: u64,
    /// The worker's partition.
    pub partition: u32,
}

/// Where to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// The GPU if libtorch finds one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU; an error where there is none.
    Gpu,
}

impl Config {
    /// Reads a configuration from JSON.
    pub fn from_json(json: &str) -> Result<Config, Error> {
        Ok(serde_json::from_str(json)?)
    }

    /// Checks the numbers.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let check = |name, value: f64, good: bool, range| {
            if value.is_finite() && good { Ok(()) } else { Err(Error::Setting { name, value, range }) }
        };
        check("learningRate", self.learning_rate, self.learning_rate > 0.0, "above 0")?;
        check("momentum", self.momentum, (0.0..1.0).contains(&self.momentum), "at least 0 and below 1")?;
        check("weightDecay", self.weight_decay, self.weight_decay >= 0.0, "at least 0")
    }
}

impl DeviceChoice {
    /// The device that was chosen.
    pub(crate) fn resolve(self) -> Result<Device, Error> {
        match (self, self != DeviceChoice::Cpu && Cuda::is_available()) {
            (DeviceChoice::Gpu, false) => Err(Error::NoGpu),
            (_, true) => Ok(Device::Cuda(0)),
            (_, false) => Ok(Device::Cpu),
        }
    }
}
