//! Stochastic gradient descent with momentum and weight decay, as PyTorch defines it.

use tch::{Tensor, no_grad_guard};

use crate::{Config, Error};

/// The optimizer: `g += decay * p; v = momentum * v + g; p -= rate * v`.
///
/// A velocity of 0 is PyTorch's state before the first step. (PyTorch's variant of Sutskever et al. 2013: the
/// learning rate multiplies the velocity, not the gradient.)
#[derive(Debug)]
pub(crate) struct Sgd {
    momentum: f64,
    // Scalars as tensors: tch has no `add` with a factor, and `addcmul` needs no temporary.
    negative_rate: Tensor,
    decay: Option<Tensor>,
    velocities: Vec<Tensor>,
}

impl Sgd {
    /// `velocities` are empty where there is no momentum, else one for each parameter.
    pub(crate) fn new(config: &Config, velocities: Vec<Tensor>, device: tch::Device) -> Result<Sgd, Error> {
        let scalar = |value: f64| Tensor::f_from_slice(&[value as f32])?.f_view([] as [i64; 0])?.f_to(device);
        let decay = (config.weight_decay > 0.0).then(|| scalar(config.weight_decay)).transpose()?;
        Ok(Sgd {
            momentum: config.momentum,
            negative_rate: scalar(-config.learning_rate)?,
            decay,
            velocities,
        })
    }

    /// Whether a configuration has an optimizer state.
    pub(crate) fn has_state(config: &Config) -> bool {
        config.momentum > 0.0
    }

    /// One velocity for each parameter, or none.
    pub(crate) fn velocities(&self) -> &[Tensor] {
        &self.velocities
    }

    /// Updates the parameters in place. The gradients are used up.
    pub(crate) fn step(&mut self, parameters: &mut [Tensor], gradients: &mut [Tensor]) -> Result<(), Error> {
        let _guard = no_grad_guard();
        for (i, (parameter, gradient)) in parameters.iter_mut().zip(gradients).enumerate() {
            if let Some(decay) = &self.decay {
                let _ = gradient.f_addcmul_(parameter, decay)?;
            }
            let update = match self.velocities.get_mut(i) {
                Some(velocity) => {
                    let _ = velocity.f_mul_scalar_(self.momentum)?.f_add_(gradient)?;
                    velocity
                }
                None => gradient,
            };
            let _ = parameter.f_addcmul_(update, &self.negative_rate)?;
        }
        Ok(())
    }
}
