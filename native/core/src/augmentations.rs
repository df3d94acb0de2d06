//! Random changes of training images, between the pixels that are stored and the network.

use firesteel_image::augment::Augmentation;
use firesteel_image::{ColorOrder, Pixels, Preparation, Resize};
use rand::Rng;

use crate::network::Shape;
use crate::{Error, Preprocessing};

/// Random changes, one after the other, that have been checked against a network's input.
///
/// Images are stored as the preprocessing prepares them; but where it cuts the middle out of an image whose shorter
/// side has been resized, and a change cuts, too, then a square of that side is stored (of more, where the network's
/// input is larger), so that the change has something to cut from.
#[derive(Debug, Clone)]
pub struct Augmentations {
    changes: Vec<Augmentation>,
    stored: [usize; 3],
    preprocessing: Preprocessing,
}

impl Augmentations {
    /// Checks each change, and that all of them make the network's input of a stored image. `preprocessing` has been
    /// checked against the input.
    pub fn new(
        changes: &[Augmentation],
        preprocessing: &Preprocessing,
        input: &Shape,
    ) -> Result<Augmentations, Error> {
        let Some([channels @ (1 | 3), rows, columns]) = input.map() else {
            return Err(problem(format!(
                "they change images of 1 or 3 channels, the network's input is {input}"
            )));
        };
        let cut = changes.iter().any(|change| change.size().is_some());
        let [height, width] = match preprocessing.image.as_ref().and_then(|image| image.resize.as_ref()) {
            Some(Resize::ShortSide(side)) if cut => [rows, columns].map(|wanted| wanted.max(*side)),
            _ => [rows, columns],
        };
        let mut size = [height, width];
        for change in changes {
            change.check(size).map_err(|error| problem(format!("{}: {error}", change.name())))?;
            size = change.size().unwrap_or(size);
        }
        if size != [rows, columns] {
            return Err(problem(format!(
                "they make {} rows and {} columns, the network's input has {rows} and {columns}",
                size[0], size[1]
            )));
        }
        let image = preprocessing.image.clone();
        let image = image.map(|image| Preparation { crop: image.crop.map(|_| [height, width]), ..image });
        let preprocessing = Preprocessing { image, ..preprocessing.clone() };
        let stored = [channels, height, width];
        Shape::new(&stored).map_err(problem)?;
        Ok(Augmentations { changes: changes.to_vec(), stored, preprocessing })
    }

    /// The shape of a stored image: channels, rows, columns.
    pub fn stored(&self) -> [usize; 3] {
        self.stored
    }

    /// The preprocessing that makes a stored image of an encoded one.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// The network's input, made of a stored image. Both are planes of bytes; `stored` is as long as its shape says.
    pub fn apply(&self, stored: &[u8], random: &mut impl Rng) -> Result<Vec<u8>, Error> {
        let order = self.color_order();
        let mut pixels = Pixels::from_planes(stored, self.stored, order);
        for change in &self.changes {
            pixels = change.apply(pixels, random)?;
        }
        let mut planes = vec![0; pixels.data.len()];
        pixels.write_planes(order, &mut planes);
        Ok(planes)
    }

    fn color_order(&self) -> ColorOrder {
        self.preprocessing.image.as_ref().map_or(ColorOrder::default(), |image| image.color_order)
    }
}

fn problem(problem: String) -> Error {
    Error::Setting { name: "augmentations", problem }
}
