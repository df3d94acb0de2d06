use ndarray::{Array1, Array3, Array4, s};
use rand::RngExt;

use super::{activated, packed, random, scaled, some_activation, unpacked, used, values};
use crate::blocked::{BlockedWinograd, Border, Buffers, Ending, Isa, Map, Pixel, WinogradSize};
use crate::{Conv2d, conv2d};

#[test]
fn winograd_convolutions_are_those_of_the_reference() {
    let mut rng = random(9);
    let mut smaller = 0;
    for case in 0..60 {
        let [channels, filters] = [0, 1].map(|_| rng.random_range(16..=70));
        // Down to single pixels, in padding that is larger than they are.
        let before = [0, 1].map(|_| rng.random_range(0..=5));
        let size = before.map(|before| rng.random_range(if before > 1 { 1 } else { 3 }..=40));
        let geometry = Conv2d { stride: [1, 1], padding_before: before, dilation: [1, 1], groups: 1 };
        // As much padding after as before, less for some.
        let out = [0, 1].map(|d| size[d] + 2 * before[d] - 2 - usize::from(before[d] > 0 && case % 3 == 0));
        let x: Array3<f32> = values(&mut rng, (channels, size[0], size[1]));
        let weight: Array4<f32> = values(&mut rng, (filters, channels, 3, 3));
        let bias: Array1<f32> = values(&mut rng, filters);
        let residual: Option<Array3<f32>> =
            rng.random_bool(0.5).then(|| values(&mut rng, (filters, out[0], out[1])));
        let activation = some_activation(&mut rng);

        let mut expected = Array3::from_elem((filters, out[0], out[1]), f32::NAN);
        let reference = Some(bias.view());
        conv2d(x.view(), weight.view(), reference, &geometry, &mut vec![], expected.view_mut()).unwrap();
        if let Some(residual) = &residual {
            expected += residual;
        }
        expected.mapv_inplace(|v| activated(activation, v));

        let tiles = [WinogradSize::Two, WinogradSize::Four][case % 2];
        let border = tiles.border(&geometry, size, out);
        let input = Map { border, ..Map::new([channels, size[0], size[1]]) };
        let y = Map {
            border: Border { top: 1, bottom: 2, left: 0, right: 3 },
            ..Map::new([filters, out[0], out[1]])
        };
        let ending = Ending {
            residual: residual.as_ref().map(|_| Map { border: Border::default(), ..y }),
            activation,
        };
        let x = packed(&input, x.as_slice().unwrap());
        let added = residual.map(|values| packed(&ending.residual.unwrap(), values.as_slice().unwrap()));
        for &isa in Isa::available() {
            let bias = bias.as_slice().unwrap();
            let images = case % 3 + 1;
            let weight = weight.view();
            let conv =
                BlockedWinograd::new(isa, tiles, weight, bias, &geometry, input, y, ending, images).unwrap();
            let (mut result, mut scratch) = (used(y.pixels()), used(conv.scratch(images)));
            y.clear_border(&mut result);
            let one = Buffers { x: &x, residual: added.as_deref(), y: &mut result };
            conv.run(&mut [one], &mut scratch).unwrap();
            let mut again = result.clone();
            y.clear_border(&mut again);
            assert_eq!(again, result, "the border is left as it was");
            let others: Vec<Vec<Pixel>> = (1..=5).map(|factor| scaled(&x, factor as f32)).collect();
            let mut results = vec![result.clone(); others.len()];
            let together = others.iter().zip(&mut results);
            let mut buffers: Vec<Buffers> =
                together.map(|(x, y)| Buffers { x, residual: added.as_deref(), y }).collect();
            conv.run(&mut buffers, &mut scratch).unwrap();
            assert!(results[0] == result, "neighbours change nothing");
            let mut little = used(conv.scratch(1));
            assert!(little.len() <= scratch.len());
            smaller += usize::from(little.len() < scratch.len());
            let mut fewer = results.clone();
            let with_little = others.iter().zip(&mut fewer);
            let mut buffers: Vec<Buffers> =
                with_little.map(|(x, y)| Buffers { x, residual: added.as_deref(), y }).collect();
            conv.run(&mut buffers, &mut little).unwrap();
            assert!(fewer == results, "less scratch changes nothing");
            let last = Buffers { x: &others[4], residual: added.as_deref(), y: &mut again };
            conv.run(&mut [last], &mut scratch).unwrap();
            assert!(results[4] == again, "neighbours change nothing");
            for (found, expected) in unpacked(&y, &result).iter().zip(&expected) {
                // More than of direct convolution: 4e-7 for each product.
                let bound = 1e-6 * (9 * channels) as f32 * expected.abs().max(1.0);
                assert!((found - expected).abs() <= bound, "case {case}, {isa:?}: {found} for {expected}");
            }
        }
    }
    assert!(smaller > 20, "{smaller}");
}

#[test]
fn it_pays_for_many_channels_and_large_maps_alone() {
    let plain = Conv2d { stride: [1, 1], padding_before: [1, 1], dilation: [1, 1], groups: 1 };
    assert_eq!(WinogradSize::best([64, 64, 3, 3], &plain, [56, 56]), Some(WinogradSize::Four));
    assert_eq!(WinogradSize::best([256, 256, 3, 3], &plain, [14, 14]), Some(WinogradSize::Four));
    let small = WinogradSize::best([512, 512, 3, 3], &plain, [7, 7]);
    assert_eq!(small, Some(WinogradSize::Two), "the weights of larger tiles take longer to read");
    assert_eq!(WinogradSize::best([512, 512, 3, 3], &plain, [4, 4]), None, "and so do those of smaller ones");
    assert_eq!(WinogradSize::best([64, 3, 3, 3], &plain, [224, 224]), None);
    assert_eq!(WinogradSize::best([64, 64, 1, 1], &plain, [56, 56]), None);
    for other in [
        Conv2d { stride: [2, 2], ..plain },
        Conv2d { dilation: [1, 2], ..plain },
        Conv2d { groups: 4, ..plain },
    ] {
        assert_eq!(WinogradSize::best([64, 64, 3, 3], &other, [56, 56]), None, "{other:?}");
    }
}

#[test]
fn a_border_that_is_too_narrow_is_refused() {
    let geometry = Conv2d { stride: [1, 1], padding_before: [1, 1], dilation: [1, 1], groups: 1 };
    let size = WinogradSize::Four;
    let border = size.border(&geometry, [6, 7], [6, 7]);
    assert_eq!(border, Border { top: 1, bottom: 3, left: 1, right: 2 });
    let weight = Array4::<f32>::zeros((16, 16, 3, 3));
    let narrow = Map { border: Border { bottom: 2, ..border }, ..Map::new([16, 6, 7]) };
    let y = Map::new([16, 6, 7]);
    let error = BlockedWinograd::new(
        Isa::best(),
        size,
        weight.view(),
        &[0.0; 16],
        &geometry,
        narrow,
        y,
        Ending::NONE,
        1,
    )
    .unwrap_err();
    assert_eq!(error.what, "shapes, residual or border");
}

#[test]
fn what_is_not_finite_is_lost_nowhere_and_stays_within_its_tiles() {
    let mut rng = random(13);
    let geometry = Conv2d { stride: [1, 1], padding_before: [1, 1], dilation: [1, 1], groups: 1 };
    let (map, weight) = (Map::new([20, 12, 16]), values(&mut rng, (18, 20, 3, 3)));
    let y = Map { channels: 18, ..map };
    for (size, tile) in [(WinogradSize::Two, 2), (WinogradSize::Four, 4)] {
        let input = Map { border: size.border(&geometry, [12, 16], [12, 16]), ..map };
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x: Array3<f32> = values(&mut rng, (20, 12, 16));
            x[[rng.random_range(0..20), rng.random_range(0..12), rng.random_range(0..16)]] = value;
            let mut expected = Array3::zeros((18, 12, 16));
            let weight: &Array4<f32> = &weight;
            conv2d(x.view(), weight.view(), None, &geometry, &mut vec![], expected.view_mut()).unwrap();
            let x = packed(&input, x.as_slice().unwrap());
            for &isa in Isa::available() {
                let (bias, ending) = ([0.0; 18], Ending::NONE);
                let conv =
                    BlockedWinograd::new(isa, size, weight.view(), &bias, &geometry, input, y, ending, 1);
                let (conv, mut result) = (conv.unwrap(), used(y.pixels()));
                let mut scratch = used(conv.scratch(1));
                conv.run(&mut [Buffers { x: &x, residual: None, y: &mut result }], &mut scratch).unwrap();
                let found = Array3::from_shape_vec((18, 12, 16), unpacked(&y, &result)).unwrap();
                for (filter, expected) in expected.outer_iter().enumerate() {
                    for ((row, column), e) in expected.indexed_iter() {
                        let f = found[[filter, row, column]];
                        let (top, left) = (row / tile * tile, column / tile * tile);
                        let own = expected.slice(s![top..top + tile, left..left + tile]);
                        if own.iter().all(|e| e.is_finite()) {
                            assert!((f - e).abs() <= 2e-4 * e.abs().max(1.0), "{isa:?}: {f} for {e}");
                        } else if !e.is_finite() {
                            assert!(!f.is_finite(), "{isa:?}: {f} for {e}");
                        }
                    }
                }
            }
        }
    }
}
