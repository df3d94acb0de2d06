//! The whole way from a row to scores: decoding, resizing, cropping, a network.

use std::sync::LazyLock;

use firesteel_core::image::{ColorOrder, Filter, Format, Limits, Preparation, Resize};
use firesteel_core::network::{Graph, Network};
use firesteel_core::{Error, Model, Predictor, Preprocessing, Row, Status};

const LIMITS: Limits = Limits { max_pixels: 1 << 20, max_allocation: 32 << 20, ..Limits::DEFAULT };

static PREDICTORS: LazyLock<Vec<Predictor>> = LazyLock::new(|| {
    let all = || Preparation { formats: Format::ALL.to_vec(), ..Preparation::default() };
    let preparations = [
        Preparation {
            formats: Format::ALL.to_vec(),
            ..Preparation::short_side_and_crop(24, 16, Filter::Bicubic)
        },
        Preparation { resize: Some(Resize::Exact([16, 16])), filter: Filter::Lanczos, ..all() },
        Preparation {
            resize: Some(Resize::Letterbox { size: [16, 16], fill: [1, 2, 3] }),
            color_order: ColorOrder::Bgr,
            ..all()
        },
        Preparation { crop: Some([16, 16]), filter: Filter::Nearest, ..all() },
    ];
    preparations.into_iter().filter_map(|preparation| predictor(preparation).ok()).collect()
});

fn predictor(preparation: Preparation) -> Result<Predictor, Error> {
    let graph = Graph::new(&Network::input(&[3, 16, 16]).flatten().dense(2).build())?;
    let weights = vec![0.01; graph.layout().values()];
    let preprocessing = Preprocessing { image: Some(preparation), ..Preprocessing::default() };
    Ok(Predictor::new(Model::new(graph, preprocessing, vec![], weights)?)?.with_limits(LIMITS))
}

/// Scores are finite or their row has a status; no row panics.
pub(super) fn read(file: &[u8]) -> bool {
    assert_eq!(PREDICTORS.len(), 4);
    PREDICTORS.iter().fold(false, |accepted, predictor| {
        let (mut scores, mut status) = ([0.0; 2], [Status::Panic]);
        assert_eq!(predictor.predict(&[Row::Bytes(file)], &mut scores, &mut status), Ok(()));
        assert_ne!(status, [Status::Panic]);
        let ok = status == [Status::Ok];
        assert!(scores.iter().all(|score| score.is_finite() == ok));
        accepted || ok
    })
}
