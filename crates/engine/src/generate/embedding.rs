//! Who a picture shows: what the embedder says of it.

use candle_core::{Device, Result, Tensor};

use crate::data::{CROP_PX, Portrait};
use crate::model::{Embedder, LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, draw_landmarks};

/// Pixels along each side of the crop that the embedder sees.
const SIDE: usize = CROP_PX as usize;

/// The embedding of one picture, `[1, numbers]`.
pub(super) fn embedding(embedder: &Embedder, portrait: &Portrait) -> Result<Tensor> {
    let picture = Tensor::from_vec(portrait.crop_picture(SIDE), (1, SIDE, SIDE, 3), &Device::Cpu)?;
    let cells = SIDE / 2;
    let mut image = vec![0.0; cells * cells * LANDMARK_CHANNELS];
    let (landmarks, pupils) = (portrait.landmarks_in_crop(), portrait.pupils_in_crop());
    draw_landmarks(&landmarks.0, Some(pupils), cells, LANDMARK_LINE_RADIUS, &mut image, LANDMARK_CHANNELS, 0);
    embedder.embed(&picture, &Tensor::from_vec(image, (1, cells, cells, LANDMARK_CHANNELS), &Device::Cpu)?)
}
