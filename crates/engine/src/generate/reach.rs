//! How a head moves beyond its crop, where the motion net does not see it.

use glam::{Vec2, Vec4};
use rayon::prelude::*;

use super::{FLOW_CELLS, smooth_step};
use crate::data::{CROP_PX, Crop, Landmarks, Portrait};
use crate::model::{FLOW_CELLS as CROP_CELLS, HeadFlow, INPUT_CELLS};

/// Cells of the reach to the left of the crop and above it.
const BEFORE: [usize; 2] = [cells_before(0), cells_before(1)];

const fn cells_before(axis: usize) -> usize {
    Crop::BEFORE_REACH[axis] as usize * CROP_CELLS / CROP_PX as usize
}

/// Distance from the crop's left, right and upper edge, in crop pixels, over which the net takes over from the head's motion as a whole: a net that sees hair
/// run out of its picture takes it for background.
pub(super) const TAKES_OVER_PX: std::ops::Range<f32> = 2.0..26.0;
/// The same at the lower edge, where there is nothing but the still body.
pub(super) const AT_BODY_PX: std::ops::Range<f32> = 0.0..10.0;

/// A picture that goes on for less than this beyond its crop, in crop pixels, ends with it.
const GOES_ON_PX: f32 = 2.0;

/// Whether the picture goes on beyond the crop's left, upper, right and lower edge: there the net gives way to the head as a whole. Where the picture ends with the crop, nothing has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sides([bool; 4]);

impl Sides {
    /// Of a portrait's picture.
    pub(super) fn of(portrait: &Portrait) -> Self {
        let (width, height) = portrait.pixels.dimensions();
        let first = portrait.crop.crop_from_image(Vec2::ZERO);
        let last = portrait.crop.crop_from_image(Vec2::new(width as f32, height as f32) - 1.0);
        let end = CROP_PX - 1.0 + GOES_ON_PX;
        Self([first.x < -GOES_ON_PX, first.y < -GOES_ON_PX, last.x > end, last.y > end])
    }

    /// As numbers for a kernel: left, top, right, bottom.
    pub(super) fn numbers(self) -> Vec4 {
        Vec4::from(self.0.map(|side| f32::from(u8::from(side))))
    }

    /// Weight of the net at a point of the crop, 0 to 1.
    fn net_share(self, point: Vec2) -> f32 {
        let last = CROP_PX - 1.0;
        let distances = [point.x, point.y, last - point.x, last - point.y];
        let [left, top, right, bottom] = std::array::from_fn(|side| if self.0[side] { distances[side] } else { f32::INFINITY });
        smooth_step(&TAKES_OVER_PX, left.min(right).min(top)).min(smooth_step(&AT_BODY_PX, bottom))
    }
}

/// Backward flow of the head as a whole, with the landmarks' own motion near them.
pub(super) struct HeadField<'a> {
    whole: HeadFlow,
    near: &'a [Vec2],
}

impl<'a> HeadField<'a> {
    /// From `target` back to `source`, landmarks in the crop; `near` is the flow inside the crop, [`INPUT_CELLS`] squared.
    pub(super) fn new(source: &Landmarks, target: &Landmarks, near: &'a [Vec2]) -> Self {
        Self { whole: HeadFlow::between(&source.0, &target.0), near }
    }

    /// At a point of the crop or beyond, in crop pixels.
    pub(super) fn at(&self, point: Vec2) -> Vec2 {
        let inside = point.min_element() >= 0.0 && point.max_element() <= CROP_PX - 1.0;
        if inside { bilinear(self.near, INPUT_CELLS, point) } else { self.whole.at(point) }
    }
}

/// The flow of the reach, [`FLOW_CELLS`] squared: that of the crop, `CROP_CELLS` squared, and beyond it what `beyond` says for points in crop pixels; near
/// sides on which the picture goes on, both.
pub(super) fn spread(in_crop: &[Vec2], sides: Sides, beyond: impl Fn(Vec2) -> Vec2 + Sync, out: &mut [Vec2]) {
    out.par_chunks_exact_mut(FLOW_CELLS).with_min_len(8).enumerate().for_each(|(row, line)| {
        for (column, flow) in line.iter_mut().enumerate() {
            let point = Crop::crop_from_reach(Vec2::new(column as f32 + 0.5, row as f32 + 0.5) * (CROP_PX / FLOW_CELLS as f32) - 0.5);
            let cell = column.checked_sub(BEFORE[0]).zip(row.checked_sub(BEFORE[1])).filter(|(x, y)| (*x).max(*y) < CROP_CELLS);
            *flow = match cell.map(|(x, y)| (in_crop[y * CROP_CELLS + x], sides.net_share(point))) {
                Some((net, share)) if share >= 1.0 => net,
                Some((net, share)) => beyond(point).lerp(net, share),
                None => beyond(point),
            };
        }
    });
}

/// A plane over the crop at a point of it, or over the reach at a point of that; beyond its edge it repeats.
pub(super) fn bilinear(plane: &[Vec2], cells: usize, point: Vec2) -> Vec2 {
    let place = ((point + 0.5) * (cells as f32 / CROP_PX) - 0.5).clamp(Vec2::ZERO, Vec2::splat((cells - 1) as f32));
    let (x, y) = (place.x as usize, place.y as usize);
    let (right, below) = ((x + 1).min(cells - 1), (y + 1).min(cells - 1));
    let [upper, lower] = [y, below].map(|row| plane[row * cells + x].lerp(plane[row * cells + right], place.x.fract()));
    upper.lerp(lower, place.y.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Sides = Sides([true; 4]);

    #[test]
    fn a_picture_goes_on_where_there_are_pixels_beyond_its_crop() {
        let portrait = super::super::testing::portrait(image::RgbaImage::new(300, 260));
        let sides = |origin_px: [f32; 2], side_px: f32| Sides::of(&Portrait { crop: Crop { origin_px, side_px }, ..portrait.clone() });
        assert_eq!(sides([0.0, 0.0], 300.0), Sides([false; 4]), "the crop is larger");
        assert_eq!(sides([20.0, 1.0], 256.0), Sides([true, false, true, true]), "a pixel more is nothing");
        assert_eq!(sides([40.0, 0.0], 260.0), Sides([true, false, false, false]), "to one side");
    }

    #[test]
    fn the_reach_is_the_crops_own_flow_inside_and_goes_on_as_the_head_does_outside() {
        let centre = |cell: usize| (cell as f32 + 0.5) * 2.0 - 0.5;
        let own: Vec<Vec2> = (0..CROP_CELLS * CROP_CELLS).map(|n| Vec2::new(centre(n % CROP_CELLS), centre(n / CROP_CELLS))).collect();
        let mut out = vec![Vec2::ZERO; FLOW_CELLS * FLOW_CELLS];
        // Each cell says where it is: inside and outside must agree on that.
        spread(&own, ALL, |point| point, &mut out);
        for (n, place) in out.iter().enumerate() {
            let expected = Vec2::new(centre(n % FLOW_CELLS) - 64.0, centre(n / FLOW_CELLS) - 96.0);
            assert!(place.distance(expected) < 1e-3, "cell {n} is at {place}, not at {expected}");
        }
        spread(&own, ALL, |_| Vec2::ZERO, &mut out);
        assert_eq!(out[0], Vec2::ZERO, "outside, only the head's motion counts");
        assert_eq!(out[112 * FLOW_CELLS + 96], own[64 * CROP_CELLS + 64], "and in the middle only the net's");
        let [top, left] = [BEFORE[1] * FLOW_CELLS + BEFORE[0] + 64, (BEFORE[1] + 64) * FLOW_CELLS + BEFORE[0]];
        assert_eq!((out[top], out[left]), (Vec2::ZERO, Vec2::ZERO), "not at an edge beyond which the picture goes on");
        spread(&own, Sides([true, false, true, true]), |_| Vec2::ZERO, &mut out);
        assert_eq!((out[top], out[left]), (own[64], Vec2::ZERO), "but at one with which it ends");
    }

    #[test]
    fn a_head_moves_on_beyond_the_crop_as_it_does_inside() {
        let source = Landmarks(crate::face::template().map(|p| p.truncate() * 45.0 + Vec2::new(128.0, 120.0)));
        let target = source.map(|p| p + Vec2::new(6.0, 9.0));
        let near = crate::model::candidate_flows(&source.0, &target.0, INPUT_CELLS).near;
        let field = HeadField::new(&source, &target, &near);
        for point in [Vec2::new(128.0, 100.0), Vec2::new(128.0, 3.0), Vec2::new(128.0, -40.0), Vec2::new(-20.0, 60.0)] {
            assert!(field.at(point).distance(Vec2::new(-6.0, -9.0)) < 0.6, "at {point}: {}", field.at(point));
        }
    }
}
