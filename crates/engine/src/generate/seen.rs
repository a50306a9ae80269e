//! What the matte net sees in a portrait: in its crop, which is finer and less easily deceived, and in its reach, in which none of a head and its hat is cut off; each as it
//! is and in a mirror.

use glam::Vec2;
use rayon::prelude::*;

use super::clean_plate::sampled;
use super::smooth_step;
use crate::data::{CROP_PX, Crop, Portrait};
use crate::model::{MATTE_CELLS, MatteNet};

/// What the crop counts against the reach, and from which distance from the crop's edge on it does, in crop pixels: near it a head that is cut off is taken for
/// background.
const CLOSE_WEIGHT: f32 = 2.0;
const CLOSE_FROM_PX: std::ops::Range<f32> = 8.0..48.0;
/// Logits beyond this say no more.
const MOST: f32 = 6.0;

/// Head and body as logits over one crop, [`MATTE_CELLS`] squared each.
type Logits = [Vec<f32>; 2];

/// The mattes of one portrait.
pub(super) struct SeenMattes {
    crop: Crop,
    close: Logits,
    wide: Logits,
}

impl SeenMattes {
    pub(super) fn new(net: &MatteNet, portrait: &Portrait) -> candle_core::Result<Self> {
        let wide = Portrait { crop: portrait.crop.reach(), ..portrait.clone() };
        let views = [(portrait, false), (portrait, true), (&wide, false), (&wide, true)];
        let mut seen =
            views.into_par_iter().map(|(of, mirrored)| logits(net, of, mirrored)).collect::<candle_core::Result<Vec<_>>>()?.into_iter();
        let mut both = || -> Option<Logits> {
            let ([head, body], [mirrored_head, mirrored_body]) = (seen.next()?, seen.next()?);
            let mean = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
            Some([mean(head, mirrored_head), mean(body, mirrored_body)])
        };
        let (close, wide) = both().zip(both()).unwrap_or_default();
        Ok(Self { crop: portrait.crop, close, wide })
    }

    /// Shares of head and body, 0 to 1, at a place in pixels of the picture.
    pub(super) fn shares(&self, at: Vec2) -> [f32; 2] {
        let point = self.crop.crop_from_image(at);
        let edge = point.min(CROP_PX - 1.0 - point).min_element();
        let weight = CLOSE_WEIGHT * smooth_step(&CLOSE_FROM_PX, edge);
        std::array::from_fn(|part| {
            let close = if weight > 0.0 { weight * sampled(&self.close[part], point) } else { 0.0 };
            let logit = (close + sampled(&self.wide[part], Crop::reach_from_crop(point))) / (1.0 + weight);
            1.0 / (1.0 + (-logit).exp())
        })
    }
}

fn logits(net: &MatteNet, of: &Portrait, mirrored: bool) -> candle_core::Result<Logits> {
    let mut picture = of.crop_picture(MATTE_CELLS);
    let mut landmarks = of.landmarks_in_crop();
    if mirrored {
        picture.par_chunks_exact_mut(3 * MATTE_CELLS).for_each(|row| row.as_chunks_mut::<3>().0.reverse());
        landmarks = landmarks.mirrored(CROP_PX - 1.0);
    }
    let matte = net.matte(picture, &landmarks.0)?;
    Ok([matte.head, matte.body].map(|mut shares| {
        if mirrored {
            shares.chunks_exact_mut(MATTE_CELLS).for_each(<[f32]>::reverse);
        }
        shares.iter().map(|share| (share / (1.0 - share)).ln().clamp(-MOST, MOST)).collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_does_not_depend_on_the_side_from_which_the_picture_is_seen() -> anyhow::Result<()> {
        let net: MatteNet = crate::model::load(None)?;
        let portrait = crate::builtin::PORTRAITS[3].portrait()?;
        let (width, mut mirrored) = (portrait.pixels.width() as f32, portrait.clone());
        mirrored.pixels = std::sync::Arc::new(image::imageops::flip_horizontal(&*portrait.pixels));
        mirrored.landmarks_in_image = portrait.landmarks_in_image.mirrored(width - 1.0);
        mirrored.crop.origin_px[0] = width - portrait.crop.origin_px[0] - portrait.crop.side_px;
        // The reach goes on as far to the left as to the right.
        let [seen, other] = [&portrait, &mirrored].map(|of| SeenMattes::new(&net, of));
        let (seen, other) = (seen?, other?);
        let mut heads = 0;
        for cell in 0..400 {
            let at = Vec2::new((cell % 20) as f32 + 0.5, (cell / 20) as f32 + 0.5) * width / 20.0;
            let ([head, body], [mirrored_head, mirrored_body]) = (seen.shares(at), other.shares(Vec2::new(width - 1.0 - at.x, at.y)));
            let off = (head - mirrored_head).abs().max((body - mirrored_body).abs());
            assert!(off < 0.05, "at {at}: {head} and {mirrored_head}, {body} and {mirrored_body}");
            heads += usize::from(head > 0.9);
        }
        assert!((40..300).contains(&heads), "{heads} of 400 places are head");
        Ok(())
    }
}
