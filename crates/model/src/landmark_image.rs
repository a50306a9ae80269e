//! Landmarks drawn as lines, one channel per part of the face: how the networks see a pose.

use std::ops::Range;

use glam::Vec2;

use crate::data::CROP_PX;
use crate::wgsl_struct;

/// Half the width of the lines beside pictures for embedder, generator and discriminator, in pixels of the landmark image.
pub const LANDMARK_LINE_RADIUS: f32 = 0.8;
/// Channels of a landmark image: jaw, brows, nose, eyes, outer lips, inner lips, pupils.
pub const LANDMARK_CHANNELS: usize = 7;

/// Points joined by lines, the channel they are drawn into, and whether the last is joined to the first.
const PARTS: [(Range<usize>, usize, bool); 9] = [
    (0..17, 0, false),
    (17..22, 1, false),
    (22..27, 1, false),
    (27..31, 2, false),
    (31..36, 2, false),
    (36..42, 3, true),
    (42..48, 3, true),
    (48..60, 4, true),
    (60..68, 5, true),
];

/// Channel of the pupils.
const PUPILS: usize = 6;

/// Draws 68 landmarks and, if known, two pupils into `out`, an image of `cells` x `cells` pixels with `stride` numbers per pixel: the numbers
/// `first..first + LANDMARK_CHANNELS` of each pixel are raised to at most 1, lines about `2 radius` pixels of the image wide.
///
/// Points are in crop pixels (centre of pixel i at i); what lies outside is cut off.
pub fn draw_landmarks(
    landmarks: &[Vec2],
    pupils: Option<[Vec2; 2]>,
    cells: usize,
    radius: f32,
    out: &mut [f32],
    stride: usize,
    first: usize,
) {
    let scale = cells as f32 / CROP_PX;
    let place = |p: Vec2| (p + 0.5) * scale - 0.5;
    let mut canvas = Canvas { cells, radius, out, stride };
    for LandmarkLine { ends: [a, b], channel } in landmark_lines(landmarks, pupils) {
        canvas.line(place(a), place(b), first + channel);
    }
}

wgsl_struct! {
    /// A line of the landmark image.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct LandmarkLine {
        /// Its ends, in crop pixels.
        pub ends: [Vec2; 2],
        /// The channel that it is drawn into.
        pub channel: usize,
    }
}

/// The lines of the landmark image, at most [`MOST_LANDMARK_LINES`]: first those of the landmarks, then the pupils, which are lines of no length. What is not
/// finite is left out.
pub fn landmark_lines(landmarks: &[Vec2], pupils: Option<[Vec2; 2]>) -> impl Iterator<Item = LandmarkLine> + '_ {
    let parts = PARTS.into_iter().filter_map(|(range, channel, closed)| Some((landmarks.get(range)?, channel, closed)));
    let lines = parts.flat_map(|(points, channel, closed)| {
        let back = if closed { points.last().zip(points.first()).map(|(a, b)| [*a, *b]) } else { None };
        points.windows(2).map(|pair| [pair[0], pair[1]]).chain(back).map(move |ends| LandmarkLine { ends, channel })
    });
    let pupils = pupils.into_iter().flatten().map(|pupil| LandmarkLine { ends: [pupil; 2], channel: PUPILS });
    lines.chain(pupils).filter(|line| line.ends.iter().all(|end| end.is_finite()))
}

/// Most lines of a landmark image.
pub const MOST_LANDMARK_LINES: usize = 65;

struct Canvas<'a> {
    cells: usize,
    radius: f32,
    out: &'a mut [f32],
    stride: usize,
}

impl Canvas<'_> {
    /// A line with soft edges: full within `radius - 0.5` of the segment, nothing beyond `radius + 0.5`.
    fn line(&mut self, a: Vec2, b: Vec2, channel: usize) {
        let reach = self.radius + 0.5;
        let last = self.cells as f32 - 1.0;
        let low = (a.min(b) - reach).ceil().max(Vec2::ZERO);
        let high = (a.max(b) + reach).floor().min(Vec2::splat(last));
        if low.x > high.x || low.y > high.y {
            return;
        }
        let along = b - a;
        let length = along.length_squared().max(1e-6);
        for y in low.y as usize..=high.y as usize {
            for x in low.x as usize..=high.x as usize {
                let at = Vec2::new(x as f32, y as f32);
                let nearest = a + along * ((at - a).dot(along) / length).clamp(0.0, 1.0);
                let value = (reach - at.distance(nearest)).clamp(0.0, 1.0);
                let pixel = &mut self.out[(y * self.cells + x) * self.stride + channel];
                *pixel = pixel.max(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(landmarks: &[Vec2], pupils: Option<[Vec2; 2]>) -> Vec<f32> {
        let mut out = vec![0.0; 64 * 64 * LANDMARK_CHANNELS];
        draw_landmarks(landmarks, pupils, 64, 0.6, &mut out, LANDMARK_CHANNELS, 0);
        out
    }

    fn at(image: &[f32], point: Vec2, channel: usize) -> f32 {
        let cell = ((point + 0.5) / 4.0 - 0.5).round();
        image[(cell.y as usize * 64 + cell.x as usize) * LANDMARK_CHANNELS + channel]
    }

    #[test]
    fn each_part_is_drawn_into_its_own_channel() {
        let points: Vec<Vec2> = (0..68).map(|i| Vec2::new(30.0 + 2.8 * i as f32, 40.0 + (i % 7) as f32 * 25.0)).collect();
        let pupils = [Vec2::new(100.0, 20.0), Vec2::new(150.0, 20.0)];
        let picture = image(&points, Some(pupils));
        for (index, channel) in [(0, 0), (16, 0), (17, 1), (27, 2), (36, 3), (47, 3), (48, 4), (60, 5), (67, 5)] {
            assert!(at(&picture, points[index], channel) > 0.3, "point {index} in channel {channel}");
        }
        assert!(at(&picture, pupils[1], PUPILS) > 0.3, "a pupil");
        assert!(picture.iter().all(|v| (0.0..=1.0).contains(v)), "values are 0 to 1");
    }

    #[test]
    fn points_far_outside_or_not_finite_draw_nothing_and_do_no_harm() {
        let far = vec![Vec2::splat(1e9); 68];
        assert!(image(&far, None).iter().all(|v| *v == 0.0), "far away");
        let none = vec![Vec2::splat(f32::NAN); 68];
        assert!(image(&none, Some([Vec2::NAN; 2])).iter().all(|v| *v == 0.0), "no numbers");
    }
}
