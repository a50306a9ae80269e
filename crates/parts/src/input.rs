//! What a network sees of one part in one frame.

use image::RgbaImage;
use retrato_core::data::FaceMesh;
use retrato_core::math::smoothstep;
use retrato_head::FacePart;
use retrato_model::SOURCE_NUMBERS;

use crate::guide::{self, GUIDE_CHANNELS, GUIDE_SHARE};

/// Pixels along a frame's border over which what a network changes fades to nothing.
const BORDER_PX: f32 = 10.0;

/// The numbers that go into a network. Left eyes are mirrored: networks see right ones only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartInput {
    /// RGB as drawn by geometry, 0 to 1, and 1 where that is skin, 0 in the opening of eye or mouth: `[height, width, SOURCE_NUMBERS]`.
    pub source: Vec<f32>,
    /// `[height / 2, width / 2, GUIDE_CHANNELS]`.
    pub guide: Vec<f32>,
}

impl PartInput {
    /// Fills it from a part as it is drawn, and where the face lies and lay at rest in pixels of the frame.
    pub fn fill(&mut self, part: FacePart, drawn: &RgbaImage, mesh: &FaceMesh, rest: &FaceMesh) {
        let [width, height] = part.size();
        let opening = guide::opening(part, mesh);
        self.source.clear();
        let pixels = drawn.as_raw().as_chunks::<4>().0.iter().zip(&opening);
        self.source.extend(pixels.flat_map(|([r, g, b, _], open)| {
            let [r, g, b] = [r, g, b].map(|v| f32::from(*v) / 255.0);
            [r, g, b, 1.0 - open]
        }));
        debug_assert_eq!(self.source.len(), width * height * SOURCE_NUMBERS, "drawn in the part's own frame");
        guide::draw(part, mesh, rest, &mut self.guide);
        if part == FacePart::LeftEye {
            mirrored_columns(&mut self.source, width, SOURCE_NUMBERS);
            mirrored_columns(&mut self.guide, width / GUIDE_SHARE, GUIDE_CHANNELS);
        }
    }
}

/// Exchanges left and right in rows of `width` pixels of some numbers each.
pub fn mirrored_columns(values: &mut [f32], width: usize, numbers: usize) {
    for row in values.chunks_exact_mut(width * numbers) {
        for column in 0..width / 2 {
            for n in 0..numbers {
                row.swap(column * numbers + n, (width - 1 - column) * numbers + n);
            }
        }
    }
}

/// How much of a network's change counts at every pixel of a frame: nothing at its border.
pub fn fade([width, height]: [usize; 2]) -> Vec<f32> {
    let side = |at: usize, size: usize| smoothstep(0.0, BORDER_PX, at.min(size - 1 - at) as f32);
    (0..height).flat_map(|y| (0..width).map(move |x| side(x, width) * side(y, height))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_twice_changes_nothing() {
        let values: Vec<f32> = (0..30).map(|v| v as f32).collect();
        let mut mirrored = values.clone();
        mirrored_columns(&mut mirrored, 5, 3);
        assert_eq!(mirrored[..3], [12.0, 13.0, 14.0], "the last pixel comes first, its numbers in order");
        mirrored_columns(&mut mirrored, 5, 3);
        assert_eq!(mirrored, values, "there and back");
    }

    #[test]
    fn nothing_is_changed_at_the_border() {
        let fade = fade([40, 30]);
        assert!(fade[..40].iter().all(|v| *v == 0.0) && (fade[15 * 40 + 20] - 1.0).abs() < 1e-6, "border and middle");
    }
}
