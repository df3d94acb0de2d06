//! Builds the description of a chain of layers, each named by its kind and number: `conv1`, `relu1`, ...

use super::{AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, INPUT, Network, Node, Op, Padding, Pool2d};

/// Appends layers one after the other. [`build`](Self::build) gives the description.
#[derive(Debug, Clone)]
pub struct NetworkBuilder {
    network: Network,
}

impl NetworkBuilder {
    pub(super) fn new(input: &[usize]) -> Self {
        let network = Network { input: input.to_vec(), nodes: Vec::new(), output: INPUT.to_owned() };
        NetworkBuilder { network }
    }

    /// A convolution with a square kernel, stride 1 and no padding.
    pub fn conv(self, filters: usize, kernel: usize) -> Self {
        let options = Conv2d {
            filters,
            kernel: [kernel; 2],
            stride: [1, 1],
            padding: Padding::default(),
            dilation: [1, 1],
            groups: 1,
            bias: true,
        };
        self.conv2d(options)
    }

    /// A convolution with all its options.
    pub fn conv2d(self, options: Conv2d) -> Self {
        self.append("conv", Op::Conv2d(options))
    }

    /// The largest value of each square window; the stride equals the kernel.
    pub fn max_pool(self, kernel: usize) -> Self {
        self.append("pool", Op::MaxPool2d(square(kernel)))
    }

    /// The mean of each square window; the stride equals the kernel.
    pub fn avg_pool(self, kernel: usize) -> Self {
        let Pool2d { kernel, stride, padding, ceil_mode } = square(kernel);
        self.append(
            "pool",
            Op::AvgPool2d(AvgPool2d { kernel, stride, padding, ceil_mode, count_include_pad: true }),
        )
    }

    /// The largest value of each map.
    pub fn global_max_pool(self) -> Self {
        self.append("pool", Op::GlobalMaxPool2d {})
    }

    /// The mean of each map.
    pub fn global_avg_pool(self) -> Self {
        self.append("pool", Op::GlobalAvgPool2d {})
    }

    /// A fully connected layer.
    pub fn dense(self, units: usize) -> Self {
        self.append("dense", Op::Dense(Dense { units, bias: true }))
    }

    /// Normalises each map, with eps 1e-5 and momentum 0.1.
    pub fn batch_norm(self) -> Self {
        self.append("bn", Op::BatchNorm(BatchNorm::default()))
    }

    /// Sets values to 0 with that probability, in training alone.
    pub fn dropout(self, p: f64) -> Self {
        self.append("dropout", Op::Dropout(Dropout { p }))
    }

    /// `max(x, 0)`.
    pub fn relu(self) -> Self {
        self.append("relu", Op::Relu {})
    }

    /// A map as a vector.
    pub fn flatten(self) -> Self {
        self.append("flatten", Op::Flatten {})
    }

    /// Probabilities.
    pub fn softmax(self) -> Self {
        self.append("softmax", Op::Softmax {})
    }

    /// The description. Nothing has been checked yet: [`Graph::new`](super::Graph::new) does.
    pub fn build(self) -> Network {
        self.network
    }

    fn append(mut self, kind: &str, op: Op) -> Self {
        let number = 1 + self.network.nodes.iter().filter(|node| node.name.starts_with(kind)).count();
        let name = format!("{kind}{number}");
        let inputs = vec![std::mem::replace(&mut self.network.output, name.clone())];
        self.network.nodes.push(Node { name, op, inputs });
        self
    }
}

fn square(kernel: usize) -> Pool2d {
    Pool2d { kernel: [kernel; 2], stride: [kernel; 2], padding: [0, 0], ceil_mode: false }
}
