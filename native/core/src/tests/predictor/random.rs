//! Networks of random layers: what is computed together, in memory that layers share, is what each layer for itself
//! gives.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::predict;
use crate::network::{
    AvgPool2d, BatchNorm, Conv2d, Dense, Graph, INPUT, LeakyRelu, Network, Node, Op, Padding, Pool2d,
};
use crate::tests::expected::difference;
use crate::tests::formula;
use crate::{Kernels, Model, Predictor, Preprocessing, Row, Status};
use firesteel_kernels::blocked::Isa;

const CLASSES: usize = 5;
const NETWORKS: u64 = 300;

struct Growing {
    random: ChaCha8Rng,
    nodes: Vec<Node>,
    /// The names of maps that may be read, with their channels, rows and columns.
    maps: Vec<(String, [usize; 3])>,
}

impl Growing {
    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.random.random_range(0..choices.len())].clone()
    }

    /// Appends a layer and gives its name.
    fn append(&mut self, op: Op, inputs: &[&str]) -> String {
        let name = format!("{}{}", op.name(), self.nodes.len());
        let inputs = inputs.iter().map(|&i| i.to_owned()).collect();
        self.nodes.push(Node { name: name.clone(), op, inputs });
        name
    }

    fn push(&mut self, op: Op, inputs: &[&str], shape: [usize; 3]) {
        let name = self.append(op, inputs);
        self.maps.push((name, shape));
    }

    /// A layer that reads one of the last maps.
    fn grow(&mut self) {
        // Mostly the very last one, which may then be computed together with its layer.
        let back = if self.random.random_range(0..3) > 0 { 1 } else { self.maps.len().min(3) };
        let at = self.maps.len() - 1 - self.random.random_range(0..back);
        let (input, shape) = self.maps[at].clone();
        let input = input.as_str();
        match self.random.random_range(0..12) {
            0..5 => self.convolution(input, shape),
            5 => self.push(Op::BatchNorm(BatchNorm::default()), &[input], shape),
            6..8 => {
                let leaky = Op::LeakyRelu(LeakyRelu { slope: 0.1 });
                let silu = [Op::Silu {}, Op::HardSwish {}, Op::Sigmoid {}, Op::HardSigmoid {}];
                let op = self.one_of(&[&[Op::Relu {}, Op::Relu6 {}, leaky][..], &silu[..]].concat());
                self.push(op, &[input], shape);
            }
            8 => self.pool(input, shape),
            _ => self.join(input, shape),
        }
    }

    fn convolution(&mut self, input: &str, [channels, height, width]: [usize; 3]) {
        let groups = if self.random.random_range(0..4) == 0 { channels } else { 1 };
        let filters = if groups > 1 { channels } else { self.one_of(&[3, 8, 16, 20, 33]) };
        let kernel = [self.one_of(&[1, 3, 3, 5]), self.one_of(&[1, 3, 3])];
        let stride = [self.one_of(&[1, 1, 2]); 2];
        let conv = Conv2d {
            filters,
            kernel,
            stride,
            padding: Padding::SAME,
            dilation: [1, 1],
            groups,
            bias: self.random.random_range(0..2) == 0,
        };
        let out = [filters, height.div_ceil(stride[0]), width.div_ceil(stride[1])];
        self.push(Op::Conv2d(conv), &[input], out);
    }

    fn pool(&mut self, input: &str, [channels, height, width]: [usize; 3]) {
        if height.min(width) < 4 {
            return;
        }
        let pool = Pool2d { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceil_mode: false };
        let Pool2d { kernel, stride, padding, ceil_mode } = pool.clone();
        let mean = AvgPool2d { kernel, stride, padding, ceil_mode, count_include_pad: true };
        let op = self.one_of(&[Op::MaxPool2d(pool), Op::AvgPool2d(mean)]);
        self.push(op, &[input], [channels, height / 2, width / 2]);
    }

    /// Puts a map together with an earlier one, where there is one that fits.
    fn join(&mut self, input: &str, [channels, height, width]: [usize; 3]) {
        let same_size: Vec<(String, [usize; 3])> =
            self.maps.iter().filter(|(_, [_, h, w])| [*h, *w] == [height, width]).cloned().collect();
        let (other, shape) = self.one_of(&same_size);
        let others = shape[0];
        if others != channels {
            self.push(Op::Concat {}, &[input, &other], [channels + others, height, width]);
            return;
        }
        let op = self.one_of(&[Op::Add {}, Op::Add {}, Op::Multiply {}, Op::Concat {}]);
        let channels = if op == (Op::Concat {}) { 2 * channels } else { channels };
        self.push(op, &[input, &other], [channels, height, width]);
    }
}

/// The most values of a map that is made a vector as it is, so that dense layers of it have few weights.
const FEW: usize = 200;

impl Growing {
    /// Makes a vector of a map, of its means or of all its values, whose order some layers keep, and goes on with it.
    fn flatten(&mut self, map: &str, shape: [usize; 3]) -> String {
        let values: usize = shape.iter().product();
        if values > FEW || self.random.random_range(0..3) == 0 {
            let mean = self.append(Op::GlobalAvgPool2d {}, &[map]);
            return self.append(Op::Flatten {}, &[&mean]);
        }
        let flat = self.append(Op::Flatten {}, &[map]);
        let bent = self.append(Op::LeakyRelu(LeakyRelu { slope: 0.1 }), &[&flat]);
        let read = self.one_of(&[&flat, &bent]).clone();
        let mut other = flat;
        let dense = self.random.random_range(0..3);
        if dense > 0 {
            other = self.append(Op::Dense(Dense { units: values, bias: true }), &[&read]);
        }
        if dense > 1 {
            other = self.append(Op::Sigmoid {}, &[&other]);
        }
        let inputs = self.one_of(&[[&other, &bent], [&bent, &other]]);
        let op = self.one_of(&[Op::Add {}, Op::Add {}, Op::Multiply {}]);
        let joined = self.append(op, &inputs.map(String::as_str));
        self.append(Op::Relu {}, &[&joined])
    }
}

fn network(seed: u64) -> Network {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let input = [random.random_range(1..5), random.random_range(5..24), random.random_range(5..24)];
    let mut growing = Growing { random, nodes: vec![], maps: vec![(INPUT.to_owned(), input)] };
    for _ in 0..12 {
        growing.grow();
    }
    // All maps that nobody reads, so that each layer counts.
    let read: Vec<String> = growing.nodes.iter().flat_map(|node| &node.inputs).cloned().collect();
    let unread: Vec<(String, [usize; 3])> =
        growing.maps.iter().filter(|(name, _)| !read.contains(name)).cloned().collect();
    let mut vectors: Vec<String> = unread.iter().map(|(name, shape)| growing.flatten(name, *shape)).collect();
    if vectors.len() > 1 {
        let names: Vec<&str> = vectors.iter().map(String::as_str).collect();
        vectors = vec![growing.append(Op::Concat {}, &names)];
    }
    let Growing { mut nodes, .. } = growing;
    nodes.push(Node {
        name: "end".to_owned(),
        op: Op::Dense(Dense { units: CLASSES, bias: true }),
        inputs: vectors,
    });
    Network { input: input.to_vec(), nodes, output: "end".to_owned() }
}

#[test]
fn layers_computed_together_give_what_each_for_itself_gives() {
    let (mut all, mut fewer) = (0, 0);
    for seed in 0..NETWORKS {
        let network = network(seed);
        let graph = Graph::new(&network).unwrap_or_else(|error| panic!("{seed}: {error}"));
        let weights = formula::weights(graph.layout());
        let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
        let values = network.input.iter().product();
        let inputs = formula::floats("input", 9 * values, 1.0);
        let rows: Vec<Row> = inputs.chunks(values).map(Row::Floats).collect();
        let names: Vec<&str> = network.nodes.iter().map(|node| node.name.as_str()).collect();
        for &isa in Isa::available() {
            for exact in [false, true] {
                let with = |layers| Predictor::with(Kernels { isa, exact }, model.clone(), layers).unwrap();
                let (together, apart) = (with(None), with(Some(names.as_slice())));
                let steps = |predictor: &Predictor| predictor.profile(1, 1).unwrap().len();
                all += 1;
                fewer += usize::from(steps(&together) < steps(&apart));
                let ((found, status), (outputs, _)) = (predict(&together, &rows), predict(&apart, &rows));
                assert_eq!(status, [Status::Ok; 9], "{seed}");
                let expected: Vec<f32> = outputs
                    .chunks(apart.width())
                    .flat_map(|row| row[row.len() - CLASSES..].to_vec())
                    .collect();
                let apart = difference(&found, &expected);
                assert!(
                    apart < 1e-4,
                    "{seed}, {}, exact {exact}: {apart}\n{}",
                    isa.name(),
                    network.to_json().unwrap()
                );
            }
        }
    }
    assert!(3 * fewer > all, "layers are computed together in {fewer} of {all}");
}
