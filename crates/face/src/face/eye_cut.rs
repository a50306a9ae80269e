//! One eye of a picture, cut out upright: how dark every pixel is, and how far it lies between the lids.

use std::f32::consts::PI;

use glam::Vec2;
use image::RgbImage;

use super::{FacePlace, UprightCut};
use crate::data::Landmarks;

/// Pixels of the cut for the width of the eye that is seen wider.
pub(super) const EYE_PX: u32 = 32;
/// Room around the eye, as a share of its width.
const MARGIN: f32 = 0.25;
/// Fewer open pixels than this have no iris to find.
const LEAST_OPEN_PX: f32 = 24.0;
/// Shares of an eye's pixels that count as its darkest and its brightest value; beyond lie highlights and lashes.
const EXTREMES: f32 = 0.05;
/// Difference in brightness (0 to 255) below which darkness is not stretched any more: it would be noise.
const LEAST_CONTRAST: f32 = 12.0;

/// A highlight counts as this dark where darkness is summed up: it must not outweigh the iris that it lies on.
const HIGHLIGHT: f32 = 0.3;

/// An eye with its corners on a horizontal line. Places are pixel indices of the cut.
pub(super) struct EyeCut {
    cut: UprightCut,
    side: usize,
    /// 0 for the brightest and 1 for the darkest pixels between the lids, and the share of the pixel between the lids.
    pixels: Vec<Pixel>,
    /// Sums along each row up to and without a pixel, of the open share and of darkness times open share; one more than there are pixels.
    sums: Vec<Pixel>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pixel {
    darkness: f32,
    open: f32,
}

impl EyeCut {
    /// Cuts out the eye whose six landmarks begin at `first`; `width_px` pixels of the picture become [`EYE_PX`].
    /// `None` for an eye that is shut, too small or nonsense.
    pub(super) fn new(picture: &RgbImage, landmarks: &Landmarks, first: usize, width_px: f32) -> Option<Self> {
        let lids: [Vec2; 6] = std::array::from_fn(|i| landmarks.0[first + i]);
        let (left, right) = (lids[0], lids[3]);
        let place = FacePlace { centre: 0.5 * (left + right), side_px: width_px, roll_rad: (right - left).to_angle() };
        let cut = UprightCut::new(picture, &place, EYE_PX, MARGIN)?;
        let side = cut.pixels.width() as usize;
        let lids = lids.map(|p| cut.cut_from_picture(p));
        let open = open_shares(&lids, side);
        if open.iter().sum::<f32>() < LEAST_OPEN_PX {
            return None;
        }
        // Red: skin is bright in it, and so irises of all colours are dark.
        let brightness: Vec<f32> = cut.pixels.pixels().map(|p| f32::from(p.0[0])).collect();
        let (dark, bright) = extremes(&brightness, &open)?;
        let contrast = bright - dark;
        let darkness = |value: f32| ((bright - value) / contrast.max(LEAST_CONTRAST)).clamp(-0.2, 1.2);
        let pixels: Vec<Pixel> = brightness.iter().zip(open).map(|(value, open)| Pixel { darkness: darkness(*value), open }).collect();
        let sums = row_sums(&pixels, side);
        Some(Self { cut, side, pixels, sums })
    }

    /// Middle of the eye: halfway between its corners.
    pub(super) fn middle(&self) -> Vec2 {
        Vec2::splat(0.5 * (self.side as f32 - 1.0))
    }

    /// A place of the cut, in the picture.
    pub(super) fn picture_from_cut(&self, point_in_cut: Vec2) -> Vec2 {
        self.cut.picture_from_cut(point_in_cut)
    }

    /// A place of the picture, in the cut.
    pub(super) fn cut_from_picture(&self, point_in_picture: Vec2) -> Vec2 {
        self.cut.cut_from_picture(point_in_picture)
    }

    /// Of a disc: sum of darkness over the open pixels (highlights count as [`HIGHLIGHT`]), and how many these are.
    pub(super) fn disc(&self, centre: Vec2, radius: f32) -> (f32, f32) {
        let last = self.side as f32 - 1.0;
        let (first_row, last_row) = ((centre.y - radius).ceil().max(0.0), (centre.y + radius).floor().min(last));
        let (mut darkness, mut open) = (0.0, 0.0);
        for row in first_row as usize..(last_row + 1.0).max(0.0) as usize {
            let half = (radius * radius - (row as f32 - centre.y).powi(2)).max(0.0).sqrt();
            // Casting rounds down and keeps what lies beyond the left edge at 0.
            let [from, to] = [centre.x - half, centre.x + half].map(|x| ((x + 0.5) as usize).min(self.side));
            let row = &self.sums[row * (self.side + 1)..][..=self.side];
            darkness += row[to].darkness - row[from].darkness;
            open += row[to].open - row[from].open;
        }
        (darkness, open)
    }

    /// Share of a disc that lies between the lids, 0 to about 1.
    pub(super) fn open_share(&self, centre: Vec2, radius: f32) -> f32 {
        self.disc(centre, radius).1 / (PI * radius * radius)
    }

    /// Darkness at a place and share of it between the lids, bilinear; `None` outside the cut.
    pub(super) fn at(&self, p: Vec2) -> Option<(f32, f32)> {
        let last = self.side as f32 - 1.0;
        if !(p.x >= 0.0 && p.y >= 0.0 && p.x < last && p.y < last) {
            return None;
        }
        let (x, y) = (p.x as usize, p.y as usize);
        let (fx, fy) = (p.x - x as f32, p.y - y as f32);
        let corner = |dx: usize, dy: usize| self.pixels[(y + dy) * self.side + x + dx];
        let mix = |of: fn(Pixel) -> f32| {
            let [a, b, c, d] = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)].map(of);
            (a + (b - a) * fx) * (1.0 - fy) + (c + (d - c) * fx) * fy
        };
        Some((mix(|pixel| pixel.darkness), mix(|pixel| pixel.open)))
    }

    /// The same of the next pixel.
    pub(super) fn near(&self, p: Vec2) -> Option<(f32, f32)> {
        let (x, y) = (p.x + 0.5, p.y + 0.5);
        let pixel = self.pixels.get(y as usize * self.side + x as usize).filter(|_| x >= 0.0 && y >= 0.0 && x < self.side as f32)?;
        Some((pixel.darkness, pixel.open))
    }
}

/// Share of every pixel of a square that lies inside the convex outline of the lids, 0 to 1; the outline runs clockwise as seen.
fn open_shares(lids: &[Vec2; 6], side: usize) -> Vec<f32> {
    let edges: [(Vec2, Vec2); 6] = std::array::from_fn(|i| (lids[i], (lids[(i + 1) % 6] - lids[i]).normalize_or(Vec2::X).perp()));
    let share = |p: Vec2| {
        let inwards = edges.iter().map(|(from, inwards)| inwards.dot(p - *from)).fold(f32::INFINITY, f32::min);
        (inwards + 0.5).clamp(0.0, 1.0)
    };
    (0..side * side).map(|i| share(Vec2::new((i % side) as f32, (i / side) as f32))).collect()
}

/// The darkest and the brightest value among the open pixels, a few left out.
fn extremes(brightness: &[f32], open: &[f32]) -> Option<(f32, f32)> {
    let mut values: Vec<f32> = brightness.iter().zip(open).filter(|(_, open)| **open > 0.5).map(|(value, _)| *value).collect();
    values.sort_by(f32::total_cmp);
    let left_out = (values.len() as f32 * EXTREMES) as usize;
    Some((*values.get(left_out)?, *values.get(values.len() - 1 - left_out)?))
}

fn row_sums(pixels: &[Pixel], side: usize) -> Vec<Pixel> {
    let mut sums = Vec::with_capacity(side * (side + 1));
    for row in pixels.chunks_exact(side) {
        let mut sum = Pixel::default();
        sums.push(sum);
        for pixel in row {
            sum.darkness += pixel.darkness.max(HIGHLIGHT) * pixel.open;
            sum.open += pixel.open;
            sums.push(sum);
        }
    }
    sums
}
