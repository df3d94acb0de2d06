//! Builds networks whose layers have the names of PyTorch's modules.

use crate::network::{
    AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, INPUT, Network, Node, Op, Padding, Pool2d,
};

/// A network in the making. Every method appends a layer that reads the layer `from` and gives its name.
pub(super) struct Layers {
    network: Network,
    /// What follows a convolution with batch normalisation: its eps and momentum.
    pub(super) norm: BatchNorm,
}

/// A convolution with a square kernel, the same stride and padding along both dimensions, and a bias.
pub(super) fn conv(filters: usize, kernel: usize, stride: usize, padding: usize) -> Conv2d {
    Conv2d {
        filters,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: Padding::Explicit([padding; 2]),
        dilation: [1, 1],
        groups: 1,
        bias: true,
    }
}

/// A pool with a square window that is not padded.
pub(super) fn pool(kernel: usize, stride: usize) -> Pool2d {
    Pool2d { kernel: [kernel; 2], stride: [stride; 2], padding: [0, 0], ceil_mode: false }
}

/// A mean over 3x3 windows that keeps the size; the padding's zeros count.
pub(super) fn mean_of_neighbours() -> Op {
    Op::AvgPool2d(AvgPool2d {
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        ceil_mode: false,
        count_include_pad: true,
    })
}

/// `value` rounded to a multiple of 8, at least 8 and not below 0.9 of it: how MobileNets scale their channels.
pub(super) fn multiple_of_8(value: usize) -> usize {
    let rounded = ((value + 4) / 8 * 8).max(8);
    if rounded * 10 < value * 9 { rounded + 8 } else { rounded }
}

impl Layers {
    /// Begins a network; `input` is `[channels, height, width]`.
    pub(super) fn new(input: [usize; 3]) -> Layers {
        let network = Network { input: input.to_vec(), nodes: vec![], output: INPUT.to_owned() };
        Layers { network, norm: BatchNorm::default() }
    }

    /// A layer of any inputs.
    pub(super) fn join(&mut self, name: impl Into<String>, op: Op, from: &[&str]) -> String {
        let name = name.into();
        let inputs = from.iter().map(|&from| from.to_owned()).collect();
        self.network.nodes.push(Node { name: name.clone(), op, inputs });
        name
    }

    /// A layer of one input.
    pub(super) fn layer(&mut self, name: impl Into<String>, op: Op, from: &str) -> String {
        self.join(name, op, &[from])
    }

    /// A convolution as its options say.
    pub(super) fn conv(&mut self, name: impl Into<String>, options: Conv2d, from: &str) -> String {
        self.layer(name, Op::Conv2d(options), from)
    }

    /// A convolution without bias, and batch normalisation.
    pub(super) fn conv_norm(&mut self, [conv, norm]: [String; 2], options: Conv2d, from: &str) -> String {
        let conv = self.conv(conv, Conv2d { bias: false, ..options }, from);
        self.batch_norm(norm, &conv)
    }

    /// Batch normalisation.
    pub(super) fn batch_norm(&mut self, name: impl Into<String>, from: &str) -> String {
        let op = Op::BatchNorm(self.norm.clone());
        self.layer(name, op, from)
    }

    /// `max(x, 0)`.
    pub(super) fn relu(&mut self, name: impl Into<String>, from: &str) -> String {
        self.layer(name, Op::Relu {}, from)
    }

    /// Dropout.
    pub(super) fn dropout(&mut self, name: impl Into<String>, p: f64, from: &str) -> String {
        self.layer(name, Op::Dropout(Dropout { p }), from)
    }

    /// A fully connected layer with bias.
    pub(super) fn dense(&mut self, name: impl Into<String>, units: usize, from: &str) -> String {
        self.layer(name, Op::Dense(Dense { units, bias: true }), from)
    }

    /// The mean of each map, as a vector.
    pub(super) fn mean_of_maps(&mut self, from: &str) -> String {
        let pooled = self.layer("avgpool", Op::GlobalAvgPool2d {}, from);
        self.layer("flatten", Op::Flatten {}, &pooled)
    }

    /// Scales the maps of `from` by factors that two layers compute from their means (squeeze and excitation, Hu
    /// et al. 2018). The layers `fc1` of `squeezed` channels and `fc2` are convolutions, as in torchvision.
    pub(super) fn squeeze_excitation(
        &mut self,
        name: &str,
        [channels, squeezed]: [usize; 2],
        [activation, gate]: [Op; 2],
        from: &str,
    ) -> String {
        let mean = self.layer(format!("{name}.avgpool"), Op::GlobalAvgPool2d {}, from);
        let fc1 = self.conv(format!("{name}.fc1"), conv(squeezed, 1, 1, 0), &mean);
        let active = self.layer(format!("{name}.activation"), activation, &fc1);
        let fc2 = self.conv(format!("{name}.fc2"), conv(channels, 1, 1, 0), &active);
        let factors = self.layer(format!("{name}.scale_activation"), gate, &fc2);
        self.join(format!("{name}.multiply"), Op::Multiply {}, &[from, &factors])
    }

    /// The network that ends with a layer.
    pub(super) fn build(mut self, output: String) -> Network {
        self.network.output = output;
        self.network
    }
}
