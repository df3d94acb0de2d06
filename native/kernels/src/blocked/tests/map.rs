use super::{packed, random, unpacked, values};
use crate::blocked::{Border, Map, Pixel};

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
