//! One person in one light with given expressions, looking into the camera: to learn what each expression does to a face.

use image::RgbImage;

use super::expression::Expression;
use super::pair::{Lens, PairSampler, Scratch, Shot, exposure, eyes_in_crop, lighten, tint};
use super::person::Person;
use super::pose::Pose;
use crate::random::Random;

impl PairSampler {
    /// Pictures of the person number `index` of a seed, one for every expression; as they come from the camera, without any look. `None` where the person is no
    /// human being: a sculpture or a cartoon.
    pub fn study(&self, seed: u64, index: u64, expressions: &[Expression], scratch: &mut Scratch) -> Option<Vec<RgbImage>> {
        let mut random = Random::new(seed, index);
        let person = Person::new(self.kit(), &mut random);
        if person.is_sculpture || person.is_cartoon {
            return None;
        }
        let lens = Lens::new(&mut random);
        let eyes = eyes_in_crop(&mut random);
        scratch.backdrop.redraw(&mut random, tint(&person.lighting));
        let (canvas, positions) = (&mut scratch.canvases[0], &mut scratch.positions[0]);
        (canvas.hollow_strength, canvas.shadow_strength) = (0.2, 0.0);
        let mut gain = None;
        let mut draw = |expression: &Expression| {
            let mut shot = Shot::new(self.kit(), &person, expression, &Pose::default(), &lens, 1.0, positions);
            shot.shift(eyes - shot.anchor(0.0));
            canvas.draw(&person.surface, positions, &person.lighting, &shot.camera, &scratch.backdrop);
            let gain = *gain.get_or_insert_with(|| exposure(canvas));
            lighten(canvas, gain);
            canvas.picture.to_image()
        };
        Some(expressions.iter().map(&mut draw).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::synth::FaceKit;

    #[test]
    fn only_the_expression_changes() {
        let kit = Arc::new(FaceKit::stand_in());
        let mut open = Expression::default();
        open.set(&kit, "jawOpen", 1.0);
        let sampler = PairSampler::new(kit);
        let mut scratch = Scratch::new();
        let pictures = (0..20).find_map(|index| sampler.study(4, index, &[Expression::default(), open.clone()], &mut scratch));
        let pictures = pictures.expect("most people are human beings");
        let unlike = |rows: std::ops::Range<u32>| {
            let pixels = rows.flat_map(|y| (0..256).map(move |x| (x, y)));
            pixels.filter(|(x, y)| pictures[0].get_pixel(*x, *y) != pictures[1].get_pixel(*x, *y)).count()
        };
        assert!(unlike(128..256) > 50, "the jaw moves");
        assert_eq!(unlike(0..60), 0, "what is above the eyes stays");
    }
}
