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
const NETWORKS: u64 = 60;

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

    fn push(&mut self, op: Op, inputs: &[&str], shape: [usize; 3]) {
        let name = format!("{}{}", op.name(), self.nodes.len());
        self.nodes.push(Node {
            name: name.clone(),
            op,
            inputs: inputs.iter().map(|&i| i.to_owned()).collect(),
        });
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

fn network(seed: u64) -> Network {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let input = [random.random_range(1..5), random.random_range(5..24), random.random_range(5..24)];
    let mut growing = Growing { random, nodes: vec![], maps: vec![(INPUT.to_owned(), input)] };
    for _ in 0..12 {
        growing.grow();
    }
    let Growing { mut nodes, maps, .. } = growing;
    // All maps that nobody reads, so that each layer counts.
    let read: Vec<&String> = nodes.iter().flat_map(|node| &node.inputs).collect();
    let unread: Vec<String> =
        maps.iter().map(|(name, _)| name.clone()).filter(|name| !read.contains(&name)).collect();
    let mut vectors = vec![];
    for name in unread {
        let (mean, flat) = (format!("mean_{name}"), format!("flat_{name}"));
        nodes.push(Node { name: mean.clone(), op: Op::GlobalAvgPool2d {}, inputs: vec![name] });
        nodes.push(Node { name: flat.clone(), op: Op::Flatten {}, inputs: vec![mean] });
        vectors.push(flat);
    }
    if vectors.len() > 1 {
        nodes.push(Node { name: "all".to_owned(), op: Op::Concat {}, inputs: vectors });
        vectors = vec!["all".to_owned()];
    }
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
