//! Kernels row by row give the same bits as one after the other.

use ndarray::Array4;
use rand::{RngExt, rngs::StdRng};

use super::{packed, random, some_activation, unpacked, used, values};
use crate::blocked::{
    BlockedBands, BlockedConv, BlockedDepthwise, BlockedMaxPool, Border, Buffers, Ending, Isa, LANES, Map,
    Pixel, Source, Stage, Windows,
};
use crate::{Conv2d, Pool2d};

/// What a stage is, but for the maps.
#[derive(Debug, Clone)]
enum Layer {
    Conv { weight: Array4<f32>, geometry: Conv2d, ending: Ending },
    MaxPool(Pool2d),
}

/// Layers that follow each other, and the maps before, between and behind them.
struct Chain {
    layers: Vec<Layer>,
    maps: Vec<Map>,
    /// Whether the first map lies in planes.
    planes: bool,
}

impl Chain {
    /// Some chain of two to four layers; none where a kernel does not fit.
    fn random(rng: &mut StdRng) -> Option<Chain> {
        let planes = rng.random_bool(0.5);
        let channels = if planes { rng.random_range(1..=4) } else { rng.random_range(1..=40) };
        let mut maps = vec![Map::new([channels, rng.random_range(1..=24), rng.random_range(1..=20)])];
        let mut layers = vec![];
        for i in 0..rng.random_range(2..=4) {
            let input = maps[i];
            let size = [input.height, input.width];
            let kernel = [0, 1].map(|_| rng.random_range(1..=4));
            let stride = [0, 1].map(|_| rng.random_range(1..=4));
            let which = if i == 0 && planes { 0 } else { rng.random_range(0..3) };
            let padding = kernel.map(|kernel| rng.random_range(0..=if which == 2 { kernel / 2 } else { 3 }));
            let after = if which == 2 { padding } else { [0, 1].map(|_| rng.random_range(0..=3)) };
            let dilation = [0, 1].map(|_| if which == 2 { 1 } else { rng.random_range(1..=2) });
            let seen = |d: usize| (kernel[d] - 1) * dilation[d] + 1;
            let out = |d: usize| {
                (size[d] + padding[d] + after[d]).checked_sub(seen(d)).map(|room| room / stride[d] + 1)
            };
            let [height, width] = [out(0)?, out(1)?];
            let reach =
                |d: usize, out: usize| ((out - 1) * stride[d] + seen(d)).saturating_sub(padding[d] + size[d]);
            let groups = match which {
                1 => input.channels,
                0 if input.channels % 3 == 0 && !(planes && i == 0) => 3,
                _ => 1,
            };
            let filters =
                if which == 0 { groups * rng.random_range(1..=40 / groups) } else { input.channels };
            layers.push(if which == 2 {
                Layer::MaxPool(Pool2d { kernel, stride, padding })
            } else {
                maps[i].border = Border {
                    top: padding[0],
                    left: padding[1],
                    bottom: reach(0, height),
                    right: reach(1, width),
                };
                let weight = values(rng, (filters, input.channels / groups, kernel[0], kernel[1]));
                let geometry = Conv2d { stride, padding_before: padding, dilation, groups };
                let ending = Ending { residual: None, activation: some_activation(rng) };
                Layer::Conv { weight, geometry, ending }
            });
            maps.push(Map::new([filters, height, width]));
        }
        // The result may be a part of another map, with that one's border.
        let last = maps.len() - 1;
        maps[last].border = Border { top: 1, bottom: 2, left: 0, right: 1 };
        Some(Chain { layers, maps, planes })
    }

    fn stage(&self, isa: Isa, i: usize, residual: Option<Map>) -> Stage {
        let [x, y] = [self.maps[i], self.maps[i + 1]];
        match &self.layers[i] {
            Layer::MaxPool(pool) => {
                let along = |d: usize, size: usize, out: usize| Windows::of(pool, d, size, out, false);
                let windows = [along(0, x.height, y.height), along(1, x.width, y.width)];
                Stage::MaxPool(BlockedMaxPool::new(isa, windows, x, y).unwrap())
            }
            Layer::Conv { weight, geometry, ending } => {
                let bias = vec![0.25; y.channels];
                if geometry.groups == x.channels && x.channels == y.channels && x.channels > 1 {
                    let conv =
                        BlockedDepthwise::new(isa, weight.view(), &bias, geometry, x, y, ending.activation);
                    return Stage::Depthwise(conv.unwrap());
                }
                let source = if self.planes && i == 0 { Source::planes(x) } else { Source::blocks(x) };
                let ending = Ending { residual, ..*ending };
                let conv = BlockedConv::new(isa, weight.view(), &bias, geometry, source, y, ending).unwrap();
                Stage::Conv(conv)
            }
        }
    }

    /// The stages, the last of which adds something where it can and is asked to.
    fn stages(&self, isa: Isa, adds: bool) -> (Vec<Stage>, Option<Map>) {
        let last = self.layers.len() - 1;
        let can = matches!(&self.layers[last], Layer::Conv { geometry, .. } if geometry.groups == 1);
        let residual = (adds && can).then(|| Map { border: Border::default(), ..self.maps[last + 1] });
        let of = |i| self.stage(isa, i, residual.filter(|_| i == last));
        ((0..=last).map(of).collect(), residual)
    }

    fn input(&self, rng: &mut StdRng) -> Vec<Pixel> {
        let map = self.maps[0];
        let x = values(rng, map.channels * map.height * map.width).to_vec();
        if !self.planes {
            return packed(&map, &x);
        }
        let mut pixels = used(Source::planes(map).pixels());
        map.pack_planes(&mut pixels, |row, out| out.copy_from_slice(&x[row * map.width..][..map.width]));
        pixels
    }

    /// One layer after the other, with whole maps between them.
    fn apart(&self, isa: Isa, x: &[Pixel], added: Option<(Map, &[Pixel])>) -> Vec<Pixel> {
        let (stages, _) = self.stages(isa, added.is_some());
        let mut x = x.to_vec();
        for (i, stage) in stages.iter().enumerate() {
            let map = &self.maps[i + 1];
            let mut y = used(map.pixels());
            map.clear_border(&mut y);
            let residual = added.map(|(_, pixels)| pixels).filter(|_| i + 1 == stages.len());
            match stage {
                Stage::Conv(conv) => conv.run(&mut [Buffers { x: &x, residual, y: &mut y }]).unwrap(),
                Stage::Depthwise(conv) => conv.run(&x, &mut y).unwrap(),
                Stage::MaxPool(pool) => pool.run(&x, &mut y).unwrap(),
            }
            x = y;
        }
        x
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn rows_at_a_time_give_the_bits_of_whole_maps() {
    let mut rng = random(29);
    let (mut cases, mut added, mut in_parts) = (0, 0, 0);
    while cases < 300 {
        let Some(chain) = Chain::random(&mut rng) else { continue };
        let last = chain.maps[chain.maps.len() - 1];
        let adds = rng.random_bool(0.5);
        let x = chain.input(&mut rng);
        for &isa in Isa::available() {
            let (_, residual) = chain.stages(isa, adds);
            let pixels = residual
                .map(|map| packed(&map, &values(&mut rng, map.channels * map.height * map.width).to_vec()));
            let with = residual.zip(pixels.as_deref());
            let expected = chain.apart(isa, &x, with);
            added += usize::from(with.is_some());
            let whole = BlockedBands::new(chain.stages(isa, adds).0, usize::MAX).unwrap().scratch();
            // From one row at a time to all of them.
            for bytes in [0, whole * size_of::<Pixel>() / 2, usize::MAX] {
                let bands = BlockedBands::new(chain.stages(isa, adds).0, bytes).unwrap();
                in_parts += usize::from(bands.scratch() < whole);
                let (mut y, mut scratch) = (used(last.pixels()), used(bands.scratch()));
                last.clear_border(&mut y);
                bands
                    .run(Buffers { x: &x, residual: with.map(|(_, pixels)| pixels), y: &mut y }, &mut scratch)
                    .unwrap();
                let what = format!("{isa:?} {bytes} {:?} {:?}", chain.layers, chain.maps);
                assert_eq!(bits(&unpacked(&last, &y)), bits(&unpacked(&last, &expected)), "{what}");
                let mut border = y.clone();
                last.clear_border(&mut border);
                assert!(border == y, "{what}: the border is left as it is");
            }
        }
        cases += 1;
    }
    assert!(added > cases / 10, "{added}");
    assert!(in_parts > cases / 2, "{in_parts}");
}

#[test]
fn fewer_bytes_hold_fewer_rows() {
    let isa = Isa::best();
    let maps = [Map::new([LANES, 40, 8]), Map::new([LANES, 40, 8])];
    let of = |bytes: usize| {
        let pool = |stride: usize, x: Map, y: Map| {
            let pool = Pool2d { kernel: [stride; 2], stride: [stride; 2], padding: [0, 0] };
            let along = |d: usize, size: usize, out: usize| Windows::of(&pool, d, size, out, false);
            let windows = [along(0, x.height, y.height), along(1, x.width, y.width)];
            Stage::MaxPool(BlockedMaxPool::new(isa, windows, x, y).unwrap())
        };
        let end = Map::new([LANES, 20, 4]);
        BlockedBands::new(vec![pool(1, maps[0], maps[1]), pool(2, maps[1], end)], bytes).unwrap()
    };
    let row = 8 * size_of::<Pixel>();
    // Two rows of the band for one of the result; ten for five of them, of which twenty are four times five.
    let rows = [0, 2 * row, 11 * row, 39 * row, 40 * row].map(|bytes| of(bytes).scratch() / 8);
    assert_eq!(rows, [2, 2, 10, 20, 40]);
}

#[test]
fn stages_that_do_not_read_each_other_are_refused() {
    let isa = Isa::best();
    let [x, other] = [[6, 6], [5, 6]].map(|[height, width]| Map::new([LANES, height, width]));
    let conv = |x: Map, y: Map, residual: Option<Map>| {
        let weight = Array4::from_elem((LANES, LANES, 1, 1), 1.0);
        let geometry = Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 };
        let ending = Ending { residual, ..Ending::NONE };
        let source = Source::blocks(x);
        let conv = BlockedConv::new(isa, weight.view(), &[0.0; LANES], &geometry, source, y, ending);
        Stage::Conv(conv.unwrap())
    };
    let error = |stages: Vec<Stage>| BlockedBands::new(stages, 0).map(|_| ()).unwrap_err().to_string();
    assert!(error(vec![]).contains("stages"));
    let wider = Map { border: Border { right: 1, ..Border::default() }, ..x };
    for (first, second) in
        [(conv(x, x, None), conv(wider, x, None)), (conv(x, other, None), conv(x, x, None))]
    {
        assert!(error(vec![first, second]).contains("stages"));
    }
    // Only the last one may add something.
    assert!(error(vec![conv(x, x, Some(x)), conv(x, x, None)]).contains("stages"));
    let bands = BlockedBands::new(vec![conv(x, x, None), conv(x, x, Some(x))], 0).unwrap();
    let (pixels, mut y) = (used(x.pixels()), used(x.pixels()));
    let image = Buffers { x: &pixels, residual: Some(&pixels), y: &mut y };
    let error = bands.run(image, &mut used(bands.scratch() - 1)).unwrap_err().to_string();
    assert!(error.contains("scratch"), "{error}");
    let image = Buffers { x: &pixels[1..], residual: Some(&pixels), y: &mut y };
    let error = bands.run(image, &mut used(bands.scratch())).unwrap_err().to_string();
    assert!(error.contains("buffers"), "{error}");
}
