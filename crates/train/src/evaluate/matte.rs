//! How far the head of an output is from where it should be: its matte, as the matte net sees it, beside the true one.

use image::RgbImage;
use retrato_learn::Recolouring;

use super::ModelError;
use crate::data::Landmarks;
use crate::model::{MATTE_CELLS, MatteNet};

/// Sees the heads of measured pictures.
pub struct MatteMeter(MatteNet);

impl MatteMeter {
    /// With the program's own net or another.
    pub fn new(net: MatteNet) -> Self {
        Self(net)
    }

    /// How far the head in a picture of [`MEASURE_PX`](super::MEASURE_PX) squared is from its true matte: see `matte_error`.
    ///
    /// # Errors
    /// What the net says.
    pub fn error(&self, picture: &RgbImage, landmarks: &Landmarks, truth: &[f32]) -> Result<f64, ModelError> {
        let matte = self.0.matte(Recolouring::NONE.shrink(picture, MATTE_CELLS), &landmarks.0)?;
        // Clothes in front of the neck are no head.
        let head: Vec<f32> = matte.head.iter().zip(&matte.body).map(|(head, body)| head * (1.0 - body)).collect();
        Ok(matte_error(&head, truth))
    }
}

/// Mean absolute difference of two mattes: 0 for equal ones, 1 where one has head everywhere and the other nowhere.
fn matte_error(a: &[f32], b: &[f32]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).sum();
    sum / a.len().min(b.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::synth::{FaceKit, Scratch, TestLook, TestSampler, TestView};

    #[test]
    fn a_matte_is_nowhere_from_itself_and_the_net_sees_about_the_true_one() -> anyhow::Result<()> {
        let film = TestSampler::new(Arc::new(FaceKit::stand_in())).film(1, 1, TestLook::Realistic, TestView::Frontal, &mut Scratch::new());
        let (shown, truth) = (&film.source.shown, &film.source.matte);
        assert!(matte_error(truth, truth) == 0.0, "the truth is right");
        let nothing = matte_error(&vec![0.0; truth.len()], truth);
        let share = truth.iter().map(|share| f64::from(*share)).sum::<f64>() / truth.len() as f64;
        assert!((nothing - share).abs() < 1e-6, "a head that is missed is as large as it is: {nothing} and {share}");
        let meter = MatteMeter::new(crate::model::load(None)?);
        let seen = meter.error(&shown.pixels, &Landmarks(shown.landmarks), truth).map_err(|error| anyhow::anyhow!(error))?;
        assert!(seen < 0.5 * nothing, "the net sees the head: an error of {seen}, and of {nothing} without any");
        Ok(())
    }
}
