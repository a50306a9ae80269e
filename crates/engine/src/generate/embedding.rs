//! Who a picture shows: what the embedder says of it.

use candle_core::{Device, Result, Tensor};

use super::outline::CELLS;
use super::painter::draw_image;
use crate::data::Portrait;
use crate::model::{Embedder, LANDMARK_CHANNELS};

/// The embedding of one picture, `[1, numbers]`.
pub(super) fn embedding(embedder: &Embedder, portrait: &Portrait) -> Result<Tensor> {
    let picture = Tensor::from_vec(portrait.crop_picture(CELLS), (1, CELLS, CELLS, 3), &Device::Cpu)?;
    let mut image = Vec::new();
    draw_image(&portrait.landmarks_in_crop(), Some(portrait.pupils_in_crop()), &mut image);
    embedder.embed(&picture, &Tensor::from_vec(image, (1, CELLS / 2, CELLS / 2, LANDMARK_CHANNELS), &Device::Cpu)?)
}
