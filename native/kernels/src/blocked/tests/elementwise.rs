use ndarray::{Array1, Array3, Axis};
use rand::RngExt;

use super::{packed, random, unpacked, used, values};
use crate::blocked::{
    Activation, BlockedMaxPool, Border, Isa, LANES, Map, Pixel, Windows, accumulate, activate, mean_pool,
    multiply, scale_and_shift,
};
use crate::{
    Pool2d, adaptive_avg_pool2d, avg_pool2d, hard_sigmoid, hard_swish, leaky_relu, max_pool2d, relu, relu6,
    sigmoid, silu,
};

const BORDER: Border = Border { top: 1, bottom: 0, left: 2, right: 1 };

fn maps(shape: [usize; 3]) -> [Map; 2] {
    [Map::new(shape), Map { border: BORDER, ..Map::new(shape) }]
}

#[test]
fn activations_are_those_of_the_reference_even_of_what_is_not_finite() {
    let odd = [
        0.0,
        -0.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        1e30,
        -1e30,
        3.0,
        -3.0,
        6.0,
        88.8,
        -88.8,
        -103.0,
        1e-30,
    ];
    let mut x = values(&mut random(1), 7 * 11 * 19).into_raw_vec_and_offset().0;
    for (to, value) in x.iter_mut().zip(odd) {
        *to = value;
    }
    for (i, v) in x.iter_mut().enumerate().skip(odd.len()) {
        *v *= [1.0, 5.0, 20.0, 90.0][i % 4];
    }
    type Reference = fn(ndarray::ArrayView1<f32>, ndarray::ArrayViewMut1<f32>) -> Result<(), crate::Error>;
    let all: [(Activation, Reference); 7] = [
        (Activation::Clamp([0.0, f32::INFINITY]), relu),
        (Activation::Clamp([0.0, 6.0]), relu6),
        (Activation::LeakyRelu(0.1), |x, y| leaky_relu(x, 0.1, y)),
        (Activation::Sigmoid, sigmoid),
        (Activation::Silu, silu),
        (Activation::HardSigmoid, hard_sigmoid),
        (Activation::HardSwish, hard_swish),
    ];
    let [from, to] = maps([19, 7, 11]);
    for &isa in Isa::available() {
        for (activation, reference) in all {
            let mut expected = Array1::from_elem(x.len(), f32::NAN);
            reference(Array1::from(x.clone()).view(), expected.view_mut()).unwrap();
            let mut y = used(to.pixels());
            activate(isa, activation, (&from, &packed(&from, &x)), (&to, &mut y));
            for ((x, found), expected) in x.iter().zip(unpacked(&to, &y)).zip(expected) {
                let near = (found - expected).abs() <= 3e-7 * expected.abs().max(1e-6);
                let same = found == expected || found.is_nan() && expected.is_nan();
                assert!(near || same, "{isa:?} {activation:?} of {x}: {found} for {expected}");
            }
        }
    }
}

#[test]
fn sums_products_and_scales_are_those_of_the_reference() {
    let mut rng = random(2);
    let shape = [35, 5, 6];
    let [from, to] = maps(shape);
    let [a, b]: [Array3<f32>; 2] = [0, 1].map(|_| values(&mut rng, shape));
    let [factor, shift]: [Array1<f32>; 2] = [0, 1].map(|_| values(&mut rng, 35));
    let by_map = |values: &Array1<f32>| values.clone().insert_axis(Axis(1)).insert_axis(Axis(2));
    let x = packed(&from, a.as_slice().unwrap());
    let lanes = |values: &Array1<f32>| -> Vec<Pixel> {
        let lane = |i: usize| values.get(i).copied().unwrap_or(0.0);
        (0..3).map(|block| Pixel(std::array::from_fn(|i| lane(block * LANES + i)))).collect()
    };
    let near = |found: Vec<f32>, expected: Array3<f32>| {
        assert!(found.iter().zip(&expected).all(|(f, e)| (f - e).abs() <= 1e-6), "{found:?}");
    };
    for &isa in Isa::available() {
        let mut y = packed(&to, b.as_slice().unwrap());
        accumulate(isa, (&from, &x), [0.0, 1.0], (&to, &mut y));
        near(unpacked(&to, &y), (&a + &b).mapv(|v| v.clamp(0.0, 1.0)));

        let mut y = used(to.pixels());
        scale_and_shift(isa, (&from, &x), &lanes(&factor), &lanes(&shift), [-0.5, 9.0], (&to, &mut y));
        near(unpacked(&to, &y), (&a * &by_map(&factor) + by_map(&shift)).mapv(|v| v.max(-0.5)));

        let other = packed(&to, b.as_slice().unwrap());
        let mut y = used(from.pixels());
        multiply(isa, (&from, &x), (&to, &other), (&from, &mut y));
        near(unpacked(&from, &y), &a * &b);

        let one = Map { border: BORDER, ..Map::new([35, 1, 1]) };
        let factors = packed(&one, factor.as_slice().unwrap());
        multiply(isa, (&from, &x), (&one, &factors), (&from, &mut y));
        near(unpacked(&from, &y), &a * &by_map(&factor));
    }
}

#[test]
fn pools_are_those_of_the_reference() {
    let mut rng = random(3);
    let mut x: Array3<f32> = values(&mut rng, (21, 13, 10));
    x[[3, 4, 5]] = f32::NAN;
    x[[4, 0, 0]] = f32::NEG_INFINITY;
    let pools = [
        ([2, 2], [2, 2], [0, 0], [6, 5]),
        ([3, 3], [2, 2], [1, 1], [7, 5]),
        ([3, 2], [1, 3], [1, 0], [13, 4]),
    ];
    // In ceil mode the last windows reach beyond the padding.
    let beyond = ([3, 3], [2, 2], [1, 1], [7, 6]);
    let mut compared = 0;
    for &isa in Isa::available() {
        for (kernel, stride, padding, [height, width]) in pools.into_iter().chain([beyond]) {
            let pool = Pool2d { kernel, stride, padding };
            let [_, from] = maps([21, 13, 10]);
            let [_, to] = maps([21, height, width]);
            let pixels = packed(&from, x.as_slice().unwrap());
            let mut check = |expected: Array3<f32>, y: &[Pixel]| {
                for (found, expected) in unpacked(&to, y).iter().zip(&expected) {
                    let same = found == expected || found.is_nan() && expected.is_nan();
                    assert!(same || (found - expected).abs() <= 1e-6, "{pool:?}: {found} for {expected}");
                    compared += 1;
                }
            };
            let windows = |counts: bool| {
                [Windows::of(&pool, 0, 13, height, counts), Windows::of(&pool, 1, 10, width, counts)]
            };
            let mut expected = Array3::zeros((21, height, width));
            let mut y = used(to.pixels());
            max_pool2d(x.view(), &pool, expected.view_mut()).unwrap();
            BlockedMaxPool::new(isa, windows(false), from, to).unwrap().run(&pixels, &mut y).unwrap();
            check(expected.clone(), &y);
            for counts in [false, true] {
                avg_pool2d(x.view(), &pool, counts, expected.view_mut()).unwrap();
                mean_pool(isa, &windows(counts), (&from, &pixels), (&to, &mut y));
                check(expected.clone(), &y);
            }
            adaptive_avg_pool2d(x.view(), expected.view_mut()).unwrap();
            let fitted = [Windows::adaptive(13, height), Windows::adaptive(10, width)];
            mean_pool(isa, &fitted, (&from, &pixels), (&to, &mut y));
            check(expected, &y);
        }
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn pools_of_odd_shapes_are_those_of_the_reference() {
    let mut rng = random(13);
    let (mut cases, mut single, mut apart) = (0, 0, 0);
    while cases < 200 {
        let pair = |rng: &mut rand::rngs::StdRng, most: usize| [0, 1].map(|_| rng.random_range(1..=most));
        let (kernel, stride) = (pair(&mut rng, 5), pair(&mut rng, 6));
        let size = if cases % 10 == 0 { [1, 1] } else { pair(&mut rng, 12) };
        let channels = rng.random_range(1..=40);
        let padding = kernel.map(|kernel| rng.random_range(0..=kernel / 2));
        let out =
            |d: usize| (size[d] + 2 * padding[d]).checked_sub(kernel[d]).map(|room| room / stride[d] + 1);
        let (Some(height), Some(width)) = (out(0), out(1)) else { continue };
        let pool = Pool2d { kernel, stride, padding };
        let x: Array3<f32> = values(&mut rng, (channels, size[0], size[1]));
        let ([_, from], [_, to]) = (maps([channels, size[0], size[1]]), maps([channels, height, width]));
        let pixels = packed(&from, x.as_slice().unwrap());
        for &isa in Isa::available() {
            let mut expected = Array3::zeros((channels, height, width));
            let mut y = used(to.pixels());
            let same = |y: &[Pixel], expected: &Array3<f32>| {
                let found = unpacked(&to, y);
                let near =
                    found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= 1e-6);
                assert!(near && found.len() == expected.len(), "{isa:?} {pool:?} of {channels} x {size:?}");
            };
            let windows =
                |counts: bool| [0, 1].map(|d| Windows::of(&pool, d, size[d], [height, width][d], counts));
            max_pool2d(x.view(), &pool, expected.view_mut()).unwrap();
            BlockedMaxPool::new(isa, windows(false), from, to).unwrap().run(&pixels, &mut y).unwrap();
            same(&y, &expected);
            for counts in [false, true] {
                avg_pool2d(x.view(), &pool, counts, expected.view_mut()).unwrap();
                mean_pool(isa, &windows(counts), (&from, &pixels), (&to, &mut y));
                same(&y, &expected);
            }
        }
        cases += 1;
        single += usize::from(size == [1, 1]);
        apart += usize::from(stride[0] > kernel[0]);
    }
    assert!(single >= 20 && apart > 20, "{single} {apart}");
}

#[test]
fn windows_that_are_not_the_results_are_refused() {
    let isa = Isa::best();
    let pool = Pool2d { kernel: [2, 2], stride: [2, 2], padding: [0, 0] };
    let windows = || [0, 1].map(|d| Windows::of(&pool, d, 4, 2, false));
    let [x, y] = [Map::new([16, 4, 4]), Map::new([16, 2, 2])];
    let pooled = BlockedMaxPool::new(isa, windows(), x, y).unwrap();
    assert_eq!(pooled.run(&used(15), &mut used(4)).unwrap_err().what, "buffers");
    for (x, y) in [
        (Map::new([16, 3, 4]), y),
        (Map::new([16, 4, 3]), y),
        (x, Map::new([16, 2, 3])),
        (x, Map::new([17, 2, 2])),
    ] {
        assert_eq!(BlockedMaxPool::new(isa, windows(), x, y).unwrap_err().what, "windows", "{x:?} {y:?}");
    }
}
