//! Networks drawn at random.

use firesteel_core::network::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, Graph, LeakyRelu, LocalResponseNorm,
    Network, Node, Op, PadChannels, Padding, Pool2d, Subsample,
};
use rand::{Rng, RngExt, seq::IndexedRandom};

/// The network, if it is one that runs in next to no time.
pub fn small(network: &Network) -> Option<Graph> {
    let graph = Graph::new(network).ok()?;
    let sizes = graph.nodes().iter().map(|node| node.shape.values());
    let all = sizes.chain([graph.input().values(), graph.layout().values()]).max();
    all.is_some_and(|size| size <= 100_000).then_some(graph)
}

/// A small number, or rarely one at the edge of what can be computed with.
fn number(random: &mut impl Rng, end: usize) -> usize {
    const EDGES: [usize; 8] =
        [0, 1 << 16, 1_000_000_000, (1 << 31) - 1, 1 << 31, 1 << 62, usize::MAX / 2, usize::MAX];
    if random.random_ratio(1, 100) {
        EDGES[random.random_range(0..EDGES.len())]
    } else {
        random.random_range(usize::from(end > 1)..end)
    }
}

fn pair(random: &mut impl Rng, end: usize) -> [usize; 2] {
    [number(random, end), number(random, end)]
}

fn op(random: &mut impl Rng) -> Op {
    match random.random_range(0..16) {
        0..=3 => Op::Conv2d(Conv2d {
            filters: number(random, 5).saturating_mul(2),
            kernel: pair(random, 5),
            stride: pair(random, 4),
            padding: match random.random_range(0..4) {
                0 => Padding::SAME,
                1 => Padding::default(),
                2 => Padding::Sides([(); 4].map(|()| number(random, 4))),
                _ => Padding::Explicit(pair(random, 4)),
            },
            dilation: if random.random_bool(0.7) { [1, 1] } else { pair(random, 4) },
            groups: if random.random_bool(0.7) { 1 } else { number(random, 3) },
            bias: random.random(),
        }),
        4 => Op::MaxPool2d(pool2d(random)),
        5 => {
            let Pool2d { kernel, stride, padding, ceil_mode } = pool2d(random);
            let count_include_pad = random.random();
            Op::AvgPool2d(AvgPool2d { kernel, stride, padding, ceil_mode, count_include_pad })
        }
        6 => [Op::GlobalMaxPool2d {}, Op::GlobalAvgPool2d {}].choose(random).unwrap().clone(),
        7 => Op::Dense(Dense { units: number(random, 9), bias: random.random() }),
        8 => Op::Relu {},
        9 => Op::BatchNorm(BatchNorm { eps: 1e-3, momentum: 0.1 }),
        10 => activation(random),
        11 => Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { size: pair(random, 6) }),
        12 => Op::Subsample(Subsample { step: pair(random, 4) }),
        13 => Op::PadChannels(PadChannels { before: number(random, 3), after: number(random, 3) }),
        14 => Op::LocalResponseNorm(LocalResponseNorm {
            size: number(random, 6),
            alpha: 0.5,
            beta: 0.75,
            k: 1.0,
        }),
        _ => [Op::Flatten {}, Op::Softmax {}].choose(random).unwrap().clone(),
    }
}

fn activation(random: &mut impl Rng) -> Op {
    let all = [
        Op::Relu6 {},
        Op::LeakyRelu(LeakyRelu { slope: 0.1 }),
        Op::Sigmoid {},
        Op::Silu {},
        Op::HardSigmoid {},
        Op::HardSwish {},
        Op::Dropout(Dropout { p: 0.5 }),
    ];
    all.choose(random).unwrap().clone()
}

fn pool2d(random: &mut impl Rng) -> Pool2d {
    Pool2d {
        kernel: pair(random, 4),
        stride: pair(random, 4),
        padding: if random.random_bool(0.7) { [0, 0] } else { pair(random, 2) },
        ceil_mode: random.random(),
    }
}

/// A few layers, most of them one after the other, which may make no sense.
pub fn draw(random: &mut impl Rng) -> Network {
    let input = match random.random_range(0..8) {
        0 => vec![number(random, 20)],
        1 => (0..random.random_range(0..5)).map(|_| number(random, 5)).collect(),
        _ => vec![number(random, 3).saturating_mul(2), number(random, 20), number(random, 20)],
    };
    let mut nodes: Vec<Node> = vec![];
    for i in 0..random.random_range(0..7) {
        let previous = |i: usize| if i == 0 { "input".to_owned() } else { format!("n{}", i - 1) };
        let from = if random.random_ratio(1, 50) { random.random_range(0..7) } else { i };
        let mut op = op(random);
        let mut inputs = vec![previous(from)];
        if i > 1 && random.random_ratio(1, 4) {
            op = [Op::Add {}, Op::Multiply {}, Op::Concat {}].choose(random).unwrap().clone();
            inputs.push(previous(random.random_range(0..=i)));
        }
        nodes.push(Node { name: format!("n{i}"), op, inputs });
    }
    let last = nodes.last().map_or("input".to_owned(), |node| node.name.clone());
    nodes.push(Node { name: "end".to_owned(), op: Op::Flatten {}, inputs: vec![last] });
    Network { input, nodes, output: "end".to_owned() }
}
