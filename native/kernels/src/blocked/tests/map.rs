use ndarray::Array4;

use super::{packed, random, unpacked, values};
use crate::Conv2d;
use crate::blocked::{
    Activation, BlockedConv, BlockedDepthwise, BlockedMaxPool, Border, Ending, Isa, Map, Pixel, Source,
    Windows,
};

#[test]
fn maps_are_packed_with_zeros_around_them_and_unpacked() {
    let mut rng = random(1);
    for (shape, border) in [
        ([1, 1, 1], Border::default()),
        ([16, 3, 5], Border { top: 1, bottom: 2, left: 3, right: 0 }),
        ([35, 4, 2], Border { top: 0, bottom: 1, left: 1, right: 4 }),
    ] {
        let map = Map { border, ..Map::new(shape) };
        let x = values(&mut rng, shape).into_raw_vec_and_offset().0;
        let pixels = packed(&map, &x);
        assert_eq!(unpacked(&map, &pixels), x);
        let sum: f32 = pixels.iter().flat_map(|Pixel(lanes)| lanes).map(|v| v.abs()).sum();
        let expected: f32 = x.iter().map(|v| v.abs()).sum();
        assert!((sum - expected).abs() <= 1e-4 * expected, "{sum} for {expected}: all else is zero");
    }
}

#[test]
fn maps_whose_length_is_no_number_are_refused() {
    let isa = Isa::available()[0];
    let one = Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 };
    let (weight, bias) = (Array4::zeros([1, 1, 1, 1]), [0.0]);
    let map = Map::new([1, 1, 1]);
    let border = |left, top| Map { border: Border { left, top, ..Border::default() }, ..map };
    for large in [border(usize::MAX, 0), border(0, usize::MAX), border(1 << 32, 1 << 32)] {
        for [x, y] in [[large, map], [map, large]] {
            let source = Source::blocks(x);
            assert!(BlockedConv::new(isa, weight.view(), &bias, &one, source, y, Ending::NONE).is_err());
            let none = Activation::NONE;
            assert!(BlockedDepthwise::new(isa, weight.view(), &bias, &one, x, y, none).is_err());
            let windows = [1, 1].map(|size| Windows::adaptive(size, 1));
            assert!(BlockedMaxPool::new(isa, windows, x, y).is_err());
        }
        let ending = Ending { residual: Some(large), ..Ending::NONE };
        assert!(BlockedConv::new(isa, weight.view(), &bias, &one, Source::blocks(map), map, ending).is_err());
    }
    // Kernels keep offsets of 32 bits.
    let far = Source::blocks(border(1 << 14, 1 << 14));
    assert!(BlockedConv::new(isa, weight.view(), &bias, &one, far, map, Ending::NONE).is_err());
    let near = Source::blocks(border(1 << 14, (1 << 13) - 1));
    assert!(BlockedConv::new(isa, weight.view(), &bias, &one, near, map, Ending::NONE).is_ok());
}
