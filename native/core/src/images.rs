//! Rows of bytes as the bytes that a network sees: raw pixels as they are, encoded images decoded and prepared.

use std::panic::{AssertUnwindSafe, catch_unwind};

use firesteel_image::{Error as ImageError, Format, Limits, Preparation, Prepared, info};

use crate::network::Shape;
use crate::{Error, Preprocessing, Status};

/// Reads rows of bytes for a network.
///
/// A row is an encoded image where it begins with the signature of one of the preparation's formats, or of a frame; anything else
/// is raw pixels, a byte for each value of the network's input. One doubt is left: raw pixels may begin as an image
/// does. So a row of just the length of raw pixels is an image only if its header can be read as well.
///
/// Networks whose input is no map of 1 or 3 channels take raw bytes alone.
#[derive(Debug, Clone)]
pub struct ImageReader {
    /// Of encoded images: the preparation, and channels, rows and columns of the result.
    images: Option<(Preparation, [usize; 3])>,
    values: usize,
    limits: Limits,
}

impl ImageReader {
    /// A reader for a network's input; `preprocessing` has been checked against it.
    pub fn new(preprocessing: &Preprocessing, input: &Shape, limits: Limits) -> ImageReader {
        let map = input.map().filter(|[channels, _, _]| matches!(channels, 1 | 3));
        let preparation = preprocessing.image.clone().unwrap_or_default();
        ImageReader { images: map.map(|shape| (preparation, shape)), values: input.values(), limits }
    }

    /// The number of bytes that a row becomes.
    pub fn values(&self) -> usize {
        self.values
    }

    /// What the row's bytes are: raw pixels or an image, or the status of a row that cannot be read.
    pub fn read<'a>(&self, row: &'a [u8]) -> Result<Result<Image<'a>, Status>, Error> {
        let raw = if row.len() == self.values { Ok(Image::Raw(row)) } else { Err(Status::Size) };
        let (Some((preparation, shape)), Some(format)) = (&self.images, Format::of(row)) else {
            return Ok(raw);
        };
        if !format.is_allowed(&preparation.formats) {
            return Ok(raw.map_err(|_| Status::Format));
        }
        if raw.is_ok() && matches!(info(row, &self.limits), Err(ImageError::Damaged { .. })) {
            return Ok(raw);
        }
        match preparation.prepare(row, *shape, &self.limits) {
            Ok(image) => Ok(Ok(Image::Prepared(image))),
            Err(error) => status_of(error).map(Err),
        }
    }

    /// Reads rows one after the other into `pixels`, which has [`ImageReader::values`] bytes for each, with a
    /// status each. The bytes of a row whose status is not [`Status::Ok`] are 0.
    pub fn read_all(
        &self,
        rows: &[Option<&[u8]>],
        pixels: &mut [u8],
        status: &mut [Status],
    ) -> Result<(), Error> {
        if pixels.len() != rows.len() * self.values || status.len() != rows.len() {
            let (rows, values) = (rows.len(), rows.len() * self.values);
            let (found, statuses) = (pixels.len(), status.len());
            let problem =
                format!("{rows} rows need {values} pixels and {rows} statuses, not {found} and {statuses}");
            return Err(Error::Setting { name: "pixels", problem });
        }
        let places = pixels.chunks_exact_mut(self.values).zip(status);
        for (row, (out, status)) in rows.iter().zip(places) {
            *status = by_row(*row, |row| Ok(self.read(row)?.map(|image| image.write(out))))?
                .map_or_else(|status| status, |()| Status::Ok);
            if *status != Status::Ok {
                out.fill(0);
            }
        }
        Ok(())
    }
}

/// The bytes of one input, in the layout of the network's input shape.
#[derive(Debug)]
pub enum Image<'a> {
    /// The row itself.
    Raw(&'a [u8]),
    /// Planes of an image, which are written where they are wanted.
    Prepared(Prepared),
}

impl Image<'_> {
    /// Writes all bytes. Panics where `out` has another number of them.
    pub fn write(&self, out: &mut [u8]) {
        match self {
            Image::Raw(bytes) => out.copy_from_slice(bytes),
            Image::Prepared(image) => image.write(out),
        }
    }

    /// A row of a plane of `height` rows, as long as `buffer`, which may then hold it.
    pub fn row<'b>(&'b self, plane: usize, row: usize, height: usize, buffer: &'b mut [u8]) -> &'b [u8] {
        match self {
            Image::Raw(bytes) => &bytes[(plane * height + row) * buffer.len()..][..buffer.len()],
            Image::Prepared(image) => {
                image.write_row(plane, row, buffer);
                buffer
            }
        }
    }
}

/// Does the work of one row: nothing where it is null, and a panic becomes a status, since it must not take the
/// other rows along.
pub fn by_row<T>(
    row: Option<&[u8]>,
    work: impl FnOnce(&[u8]) -> Result<Result<T, Status>, Error>,
) -> Result<Result<T, Status>, Error> {
    let Some(row) = row else { return Ok(Err(Status::Null)) };
    catch_unwind(AssertUnwindSafe(|| work(row))).unwrap_or(Ok(Err(Status::Panic)))
}

/// What an error of an image says of its row; errors that are no row's fault stay errors.
pub fn status_of(error: ImageError) -> Result<Status, Error> {
    match error {
        ImageError::Unknown | ImageError::Damaged { .. } => Ok(Status::Undecodable),
        ImageError::TooLarge { .. } => Ok(Status::TooLarge),
        ImageError::NotAllowed(_) | ImageError::Unsupported { .. } => Ok(Status::Format),
        ImageError::Size { .. } => Ok(Status::ImageSize),
        setting @ ImageError::Setting { .. } => Err(Error::Image(setting)),
    }
}
