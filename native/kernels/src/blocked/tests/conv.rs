use ndarray::{Array1, Array3, Array4};
use rand::{RngExt, rngs::StdRng};

use super::{activated, packed, random, scaled, some_activation, unpacked, used, values};
use crate::blocked::{
    Activation, BlockedConv, BlockedDepthwise, Border, Buffers, Ending, Isa, Map, Pixel, Source,
};
use crate::{Conv2d, conv2d};

/// A convolution with everything it needs.
struct Case {
    x: Array3<f32>,
    weight: Array4<f32>,
    bias: Array1<f32>,
    geometry: Conv2d,
    out: [usize; 2],
}

impl Case {
    /// Some convolution of at most 40 x 40 pixels and 70 channels; none if its kernel does not fit.
    fn random(rng: &mut StdRng, depthwise: bool) -> Option<Case> {
        let pair = |rng: &mut StdRng, most: usize| [0, 1].map(|_| rng.random_range(1..=most));
        let size = pair(rng, 40);
        let kernel = pair(rng, 7);
        let groups = if rng.random_bool(0.7) { 1 } else { rng.random_range(2..=4) };
        let per_group = rng.random_range(1..=70 / groups);
        let channels = per_group * groups;
        let filters = groups * rng.random_range(1..=70 / groups);
        let (groups, per_group, filters) =
            if depthwise { (channels, 1, channels) } else { (groups, per_group, filters) };
        let stride = pair(rng, 3);
        let dilation = pair(rng, 2);
        let before = pair(rng, 4).map(|p| p - 1);
        let geometry = Conv2d { stride, padding_before: before, dilation, groups };
        let after = pair(rng, 4).map(|p| p - 1);
        let out = |d: usize| {
            let reach = (kernel[d] - 1) * dilation[d] + 1;
            (size[d] + before[d] + after[d]).checked_sub(reach).map(|room| room / stride[d] + 1)
        };
        Some(Case {
            out: [out(0)?, out(1)?],
            x: values(rng, (channels, size[0], size[1])),
            weight: values(rng, (filters, per_group, kernel[0], kernel[1])),
            bias: values(rng, filters),
            geometry,
        })
    }

    fn filters(&self) -> usize {
        self.weight.dim().0
    }

    /// Rounding errors grow with the number of products.
    fn tolerance(&self) -> f32 {
        let (_, per_group, kh, kw) = self.weight.dim();
        4e-7 * (per_group * kh * kw) as f32 + 1e-6
    }

    fn input(&self) -> Map {
        let (channels, height, width) = self.x.dim();
        let (_, _, kh, kw) = self.weight.dim();
        let g = &self.geometry;
        let after = |d: usize, kernel: usize, size: usize| {
            let end = (self.out[d] - 1) * g.stride[d] + (kernel - 1) * g.dilation[d] + 1;
            end.saturating_sub(g.padding_before[d] + size)
        };
        let border = Border {
            top: g.padding_before[0],
            bottom: after(0, kh, height),
            left: g.padding_before[1],
            right: after(1, kw, width),
        };
        Map { border, ..Map::new([channels, height, width]) }
    }

    /// What the reference computes, with an addition and bounds.
    fn expected(&self, residual: Option<&Array3<f32>>, activation: Activation) -> Vec<f32> {
        let mut y = Array3::from_elem((self.filters(), self.out[0], self.out[1]), f32::NAN);
        let bias = Some(self.bias.view());
        conv2d(self.x.view(), self.weight.view(), bias, &self.geometry, &mut vec![], y.view_mut()).unwrap();
        if let Some(residual) = residual {
            y += residual;
        }
        y.iter().map(|&v| activated(activation, v)).collect()
    }
}

fn assert_near(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{what}: {f} for {e} at {i}");
    }
}

/// A border of the result, so that its consumer's zeros are left as they are.
fn some_border(rng: &mut StdRng) -> Border {
    if rng.random_bool(0.3) {
        return Border::default();
    }
    let [top, bottom, left, right] = std::array::from_fn(|_| rng.random_range(0..3));
    Border { top, bottom, left, right }
}

fn zeros_around(map: &Map, y: &[Pixel]) -> bool {
    let mut inside = y.to_vec();
    map.clear_border(&mut inside);
    inside == y
}

#[test]
fn convolutions_are_those_of_the_reference() {
    let mut rng = random(7);
    let mut cases = 0;
    while cases < 400 {
        let Some(case) = Case::random(&mut rng, false) else { continue };
        let y = Map { border: some_border(&mut rng), ..Map::new([case.filters(), case.out[0], case.out[1]]) };
        let residual = rng.random_bool(0.3).then(|| {
            let map = Map { border: some_border(&mut rng), ..y };
            (map, values(&mut rng, (case.filters(), case.out[0], case.out[1])))
        });
        let activation = some_activation(&mut rng);
        let ending = Ending { residual: residual.as_ref().map(|(map, _)| *map), activation };
        let expected = case.expected(residual.as_ref().map(|(_, values)| values), activation);
        let added = residual.map(|(map, values)| packed(&map, values.as_slice().unwrap()));
        let input = case.input();
        let x = packed(&input, case.x.as_slice().unwrap());
        for &isa in Isa::available() {
            let bias = case.bias.as_slice().unwrap();
            let source = Source::blocks(input);
            let what = format!("{isa:?} {:?} {:?} {:?}", case.x.dim(), case.weight.dim(), case.geometry);
            let conv =
                BlockedConv::new(isa, case.weight.view(), bias, &case.geometry, source, y, ending).unwrap();
            let mut result = used(y.pixels());
            y.clear_border(&mut result);
            conv.run(&mut [Buffers { x: &x, residual: added.as_deref(), y: &mut result }]).unwrap();
            assert!(zeros_around(&y, &result), "{what}");
            assert_near(&unpacked(&y, &result), &expected, case.tolerance(), &what);
            let (other, mut results) = (scaled(&x, 2.0), [result.clone(), result.clone()]);
            let [a, b] = &mut results;
            let residual = added.as_deref();
            conv.run(&mut [Buffers { x: &other, residual, y: a }, Buffers { x: &x, residual, y: b }])
                .unwrap();
            assert!(results[1] == result, "{what}: neighbours change nothing");
            conv.run(&mut [Buffers { x: &other, residual, y: &mut result }]).unwrap();
            assert!(results[0] == result, "{what}: neighbours change nothing");
        }
        cases += 1;
    }
}

#[test]
fn convolutions_of_planes_are_those_of_the_reference() {
    let mut rng = random(11);
    let mut strides = [0; 5];
    while strides.iter().sum::<usize>() < 200 {
        let Some(mut case) = Case::random(&mut rng, false) else { continue };
        let (filters, _, kh, kw) = case.weight.dim();
        let channels = rng.random_range(1..=4);
        let [_, height, width] = [0, case.x.dim().1, case.x.dim().2];
        case.geometry =
            Conv2d { groups: 1, stride: [rng.random_range(1..=4), rng.random_range(1..=4)], ..case.geometry };
        let g = &case.geometry;
        let Some(out) = [(height, kh), (width, kw)]
            .iter()
            .enumerate()
            .map(|(d, (size, kernel))| {
                let reach = (kernel - 1) * g.dilation[d] + 1;
                (size + g.padding_before[d]).checked_sub(reach).map(|room| room / g.stride[d] + 1)
            })
            .collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        case.out = [out[0], out[1]];
        case.x = values(&mut rng, (channels, height, width));
        case.weight = values(&mut rng, (filters, channels, kh, kw));
        let activation = some_activation(&mut rng);
        let expected = case.expected(None, activation);
        let y = Map { border: some_border(&mut rng), ..Map::new([filters, case.out[0], case.out[1]]) };
        let input = case.input();
        let source = Source::planes(input);
        let mut x = used(source.pixels());
        let rows: Vec<&[f32]> = case.x.as_slice().unwrap().chunks(width).collect();
        input.pack_planes(&mut x, |line, row| row.copy_from_slice(rows[line]));
        let mut back = vec![f32::NAN; case.x.len()];
        input.unpack_planes(&x, &mut back);
        assert_eq!(back, case.x.as_slice().unwrap());
        for &isa in Isa::available() {
            let bias = case.bias.as_slice().unwrap();
            let ending = Ending { residual: None, activation };
            let conv =
                BlockedConv::new(isa, case.weight.view(), bias, &case.geometry, source, y, ending).unwrap();
            let mut result = used(y.pixels());
            y.clear_border(&mut result);
            conv.run(&mut [Buffers { x: &x, residual: None, y: &mut result }]).unwrap();
            let what = format!("{isa:?} {:?} {:?} {:?}", case.x.dim(), case.weight.dim(), case.geometry);
            assert!(zeros_around(&y, &result), "{what}");
            assert_near(&unpacked(&y, &result), &expected, case.tolerance(), &what);
        }
        strides[case.geometry.stride[1]] += 1;
    }
    assert!(strides[1..].iter().all(|&cases| cases > 20), "{strides:?}");
}

#[test]
fn what_is_added_has_the_size_of_the_result() {
    let (x, y) = (Map::new([16, 20, 20]), Map::new([16, 20, 20]));
    let geometry = Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 };
    let weight = Array4::<f32>::zeros((16, 16, 1, 1));
    let with = |residual| {
        let ending = Ending { residual: Some(residual), ..Ending::NONE };
        BlockedConv::new(Isa::best(), weight.view(), &[0.0; 16], &geometry, Source::blocks(x), y, ending)
    };
    assert!(with(Map { border: Border { left: 1, ..Border::default() }, ..y }).is_ok());
    for small in [Map::new([16, 1, 1]), Map::new([16, 20, 19]), Map::new([15, 20, 20])] {
        assert_eq!(with(small).unwrap_err().what, "residual", "{small:?}");
    }
}

/// What each instruction set computes of a depthwise convolution, which must be near what the reference does.
fn depthwise(rng: &mut StdRng, case: &Case) -> Vec<(Isa, Vec<f32>)> {
    let y = Map { border: some_border(rng), ..Map::new([case.filters(), case.out[0], case.out[1]]) };
    let activation = some_activation(rng);
    let expected = case.expected(None, activation);
    let input = case.input();
    let x = packed(&input, case.x.as_slice().unwrap());
    let of = |&isa: &Isa| {
        let (weight, bias) = (case.weight.view(), case.bias.as_slice().unwrap());
        let conv = BlockedDepthwise::new(isa, weight, bias, &case.geometry, input, y, activation).unwrap();
        let mut result = used(y.pixels());
        y.clear_border(&mut result);
        conv.run(&x, &mut result).unwrap();
        let what = format!("{isa:?} {:?} {:?} {:?}", case.x.dim(), case.weight.dim(), case.geometry);
        assert!(zeros_around(&y, &result), "{what}");
        let result = unpacked(&y, &result);
        assert_near(&result, &expected, case.tolerance(), &what);
        (isa, result)
    };
    Isa::available().iter().map(of).collect()
}

#[test]
fn depthwise_convolutions_are_those_of_the_reference() {
    let mut rng = random(8);
    let mut cases = 0;
    while cases < 200 {
        let Some(case) = Case::random(&mut rng, true) else { continue };
        depthwise(&mut rng, &case);
        cases += 1;
    }
}

/// Where windows lie side by side one instruction set reads once what they share; the others read it for each. Both round
/// once for a product and its addition. Where there is one of them alone there is nothing to compare.
#[test]
fn depthwise_windows_that_share_values_give_the_bits_of_others() {
    let mut rng = random(12);
    for (columns, stride, width) in [3, 5]
        .into_iter()
        .flat_map(|c| [1, 2].into_iter().flat_map(move |s| (1..=16).map(move |w| (c, s, w))))
    {
        let kernel = [rng.random_range(1..=5), columns];
        let out = [rng.random_range(1..=5), width];
        let before = kernel.map(|size| (size - 1) / 2);
        let dilation = [rng.random_range(1..=2), 1];
        let geometry = Conv2d { stride: [stride, stride], padding_before: before, dilation, groups: 19 };
        let case = Case {
            x: values(&mut rng, (19, out[0] * stride, out[1] * stride)),
            weight: values(&mut rng, (19, 1, kernel[0], kernel[1])),
            bias: values(&mut rng, 19),
            geometry,
            out,
        };
        let found = depthwise(&mut rng, &case);
        let fused: Vec<_> = found.iter().filter(|(isa, _)| isa.name() != "portable").collect();
        assert!(fused.len() == 2 || Isa::best().name() != "avx512", "{fused:?}");
        for pair in fused.windows(2) {
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(
                bits(&pair[0].1),
                bits(&pair[1].1),
                "{columns} columns, stride {stride}, {width} pixels"
            );
        }
    }
}

#[test]
fn a_part_of_a_map_is_convolved_by_single_pixels_row_by_row() {
    let mut rng = random(10);
    let case = Case {
        x: values(&mut rng, (20, 5, 6)),
        weight: values(&mut rng, (17, 20, 1, 1)),
        bias: values(&mut rng, 17),
        geometry: Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 },
        out: [3, 4],
    };
    let (input, y) = (Map::new([20, 5, 6]), Map::new([17, 3, 4]));
    let x = packed(&input, case.x.as_slice().unwrap());
    for &isa in Isa::available() {
        let bias = case.bias.as_slice().unwrap();
        let source = Source::blocks(input);
        let conv = BlockedConv::new(isa, case.weight.view(), bias, &case.geometry, source, y, Ending::NONE);
        let mut result = used(y.pixels());
        conv.unwrap().run(&mut [Buffers { x: &x, residual: None, y: &mut result }]).unwrap();
        let expected = case.expected(None, Activation::NONE);
        assert_near(&unpacked(&y, &result), &expected, case.tolerance(), isa.name());
    }
}

/// The values of an image, one of which is not finite.
fn with_one(rng: &mut StdRng, x: &Array3<f32>) -> Array3<f32> {
    let (channels, height, width) = x.dim();
    let at = [channels, height, width].map(|size| rng.random_range(0..size));
    let mut x = x.clone();
    x[at] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][rng.random_range(0..3)];
    x
}

#[test]
fn what_is_not_finite_passes_as_in_the_reference() {
    let mut rng = random(12);
    let (mut cases, mut passed) = (0, [0; 2]);
    while cases < 200 {
        let depthwise = cases % 2 == 0;
        let Some(mut case) = Case::random(&mut rng, depthwise) else { continue };
        if !depthwise && case.geometry.groups > 1 {
            continue; // Their blocks multiply what they do not see by 0.
        }
        case.x = with_one(&mut rng, &case.x);
        let y = Map::new([case.filters(), case.out[0], case.out[1]]);
        let activation = [Activation::NONE, Activation::Clamp([0.0, f32::INFINITY])][rng.random_range(0..2)];
        let expected = case.expected(None, activation);
        let input = case.input();
        let x = packed(&input, case.x.as_slice().unwrap());
        for &isa in Isa::available() {
            let (weight, bias) = (case.weight.view(), case.bias.as_slice().unwrap());
            let mut result = used(y.pixels());
            if depthwise {
                let conv = BlockedDepthwise::new(isa, weight, bias, &case.geometry, input, y, activation);
                conv.unwrap().run(&x, &mut result).unwrap();
            } else {
                let (source, ending) = (Source::blocks(input), Ending { residual: None, activation });
                let conv = BlockedConv::new(isa, weight, bias, &case.geometry, source, y, ending);
                let mut images = [Buffers { x: &x, residual: None, y: &mut result }];
                conv.unwrap().run(&mut images).unwrap();
            }
            for (f, e) in unpacked(&y, &result).iter().zip(&expected) {
                let near = (f - e).abs() <= case.tolerance() * e.abs().max(1.0);
                assert!(near || f == e || f.is_nan() && e.is_nan(), "{isa:?}: {f} for {e}");
                passed[usize::from(depthwise)] += usize::from(!e.is_finite());
            }
        }
        cases += 1;
    }
    assert!(passed.iter().all(|&passed| passed > 500), "{passed:?}");
}
