//! Resizing equals Pillow's, bit for bit.

use serde::Deserialize;

use super::expected::{digest, drawn, read};
use crate::{Error, Filter, Limits, PassOrder, Resampling, resize};

#[derive(Deserialize)]
struct Images {
    resized: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    size: [usize; 2],
    to: [usize; 2],
    channels: usize,
    filter: Filter,
    pillow12: String,
    pillow13: String,
}

const FILTERS: [Filter; 4] = [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos];

#[test]
fn images_are_resized_to_the_same_bytes_as_by_pillow() {
    let cases = read::<Images>("images.json").resized;
    assert_eq!(cases.len(), 19 * 2 * FILTERS.len());
    let mut orders_that_differ = 0;
    for Case { size, to, channels, filter, pillow12, pillow13 } in cases {
        let image = drawn(size, channels);
        let resized = |pass_order| {
            let resized = resize(
                &image,
                to,
                [0..to[0], 0..to[1]],
                Resampling { filter, pass_order },
                &Limits::default(),
            )
            .unwrap();
            assert_eq!([resized.height, resized.width, resized.channels], [to[0], to[1], channels]);
            digest(&resized.data)
        };
        let what = format!("{size:?} to {to:?}, {channels} channels, {filter:?}");
        assert_eq!(resized(PassOrder::Pillow13), pillow13, "{what}");
        // Pillow's nearest has no passes; two steps of it add up other rounding errors.
        if filter != Filter::Nearest {
            assert_eq!(resized(PassOrder::Pillow12), pillow12, "{what}, as Pillow 12");
            orders_that_differ += usize::from(pillow12 != pillow13);
        }
    }
    assert!(orders_that_differ > 10, "the order of the passes matters in {orders_that_differ} cases alone");
}

#[test]
fn a_region_is_that_part_of_the_whole() {
    let (size, to) = ([83, 61], [40, 97]);
    for (filter, channels, pass_order) in FILTERS.iter().flat_map(|&f| {
        [(f, 1, PassOrder::Pillow12), (f, 3, PassOrder::Pillow12), (f, 3, PassOrder::Pillow13)]
    }) {
        let (image, resampling) = (drawn(size, channels), Resampling { filter, pass_order });
        let whole = resize(&image, to, [0..to[0], 0..to[1]], resampling, &Limits::default()).unwrap();
        for [rows, columns] in [
            [0..1, 0..1],
            [39..40, 96..97],
            [3..17, 40..41],
            [0..40, 13..61],
            [11..12, 0..97],
            [5..38, 7..90],
        ] {
            let part =
                resize(&image, to, [rows.clone(), columns.clone()], resampling, &Limits::default()).unwrap();
            let expected: Vec<u8> = rows
                .clone()
                .flat_map(|y| {
                    whole.data[(y * 97 + columns.start) * channels..(y * 97 + columns.end) * channels]
                        .to_vec()
                })
                .collect();
            assert_eq!(part.data, expected, "{filter:?}, {channels} channels, {rows:?} {columns:?}");
        }
    }
}

#[test]
fn strong_shrinking_and_every_number_of_taps_give_the_mean() {
    // An image of one value keeps it, whatever the filter and the number of positions summed up.
    for factor in 1..=50 {
        let mut image = drawn([factor, 3 * factor], 3);
        image.data.fill(201);
        for filter in FILTERS {
            for size in [[1, 3], [1, 2], [factor.div_ceil(2), factor]] {
                let resampling = Resampling { filter, ..Resampling::default() };
                let resized =
                    resize(&image, size, [0..size[0], 0..size[1]], resampling, &Limits::default()).unwrap();
                assert!(resized.data.iter().all(|&v| v == 201), "{factor} {filter:?} {size:?}: {resized:?}");
            }
        }
    }
}

#[test]
fn sizes_and_regions_that_make_no_sense_are_refused() {
    let image = drawn([4, 5], 3);
    for size in [[0, 3], [3, 0]] {
        let error =
            resize(&image, size, [0..1, 0..1], Resampling::default(), &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Setting { name: "size", .. }), "{error}");
    }
    for region in [[0..0, 0..1], [0..1, 2..2], [0..4, 0..1], [0..1, 0..4]] {
        let error = resize(&image, [3, 3], region, Resampling::default(), &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Setting { name: "region", .. }), "{error}");
    }
}
