//! What the inside of a mouth probably looks like: the start from which the generator draws it.
//!
//! Landmarks say where the lips are, and no pixel of a portrait with closed lips says more. But anatomy does: the upper teeth are fast in the skull, the lower
//! ones move with the jaw, and their arches differ little between people. So they are drawn where they must be, in the light of the person's skin, wherever the
//! lips part and the source does not show the place. What the generator changes of it is then colour and detail rather than everything.

mod arch;
mod lips;

use glam::{Vec2, Vec3};

use super::{DrawnPart, SOURCE_NUMBERS};
use crate::data::Landmarks;
use crate::face::{RIGID_WEIGHTS, RigidFit, fit_rigid, template};
use arch::{Arch, Jaw, ToothPlace};
use lips::Lips;

/// Pixels along each side of the pictures that colours are taken from.
const SIDE: usize = 256;
/// The whole mouth drops by as much when the jaw opens until [`arch::Jaw`] is 1, in distances between the eyes: inner lips, chin.
const LIPS_OPEN: f32 = 0.54;
const CHIN_OPEN: f32 = 0.445;
/// How far the chin comes back meanwhile.
const CHIN_BACK: f32 = 0.48;
/// Share of the chin's word against that of the lips, which also part with the teeth together.
const CHIN_SHARE: f32 = 0.65;
/// Bounds of the seam between the lips in the generic head's units, and of the jaw's opening.
const SEAM: std::ops::RangeInclusive<f32> = 1.0..=1.4;
const WIDEST: f32 = 1.4;

/// What is known of a person's mouth from one picture of it.
#[derive(Clone, Debug)]
pub struct MouthPrior {
    /// Mean colour of the skin round the mouth.
    skin: Vec3,
    /// Height of the closed lips' seam on the head, and of the chin with closed jaws, in the generic head's units.
    seam: f32,
    chin: f32,
    /// How far the lips are parted in the picture, in widths of the mouth.
    gap: f32,
    /// Width of the mouth at rest, in the generic head's units.
    width: f32,
}

impl MouthPrior {
    /// From a picture `[256, 256, 3]` and its 68 landmarks in the same pixels; `None` where no head explains them.
    pub fn of(picture: &[f32], landmarks: &[Vec2]) -> Option<Self> {
        let points: &[Vec2; Landmarks::COUNT] = landmarks.try_into().ok()?;
        let fit = fit_rigid(points, template(), &RIGID_WEIGHTS)?;
        let jaw = parted(&fit, points) / LIPS_OPEN;
        let seam = height(&fit, points[62], template()[62].z).clamp(*SEAM.start(), *SEAM.end());
        let chin = chin(&fit, points, jaw) - CHIN_OPEN * jaw;
        let width = width(&fit, points).clamp(*AT_REST.start(), *AT_REST.end());
        Some(Self { skin: skin_colour(picture, points)?, seam, chin, gap: gap(points), width })
    }

    /// Draws it into a part of the warped source with its corner at (x, y), of `size` pixels across and down, `[down, across, SOURCE_NUMBERS]`: where
    /// the lips of `target` part otherwise than in the picture, as far as the place is hidden. The visibility stays.
    pub fn draw(&self, target: &[Vec2], corner: [usize; 2], size: [usize; 2], source: &mut [f32]) {
        let (pixels, _) = source.as_chunks_mut::<SOURCE_NUMBERS>();
        self.each(target, DrawnPart::new(corner, size, 1), |pixel, colour, share| {
            if let Some(pixel) = pixels.get_mut(pixel) {
                self.mix_into(pixel, colour, share);
            }
        });
    }

    /// Mixes what [`Self::each`] gives into a pixel of the warped source, as far as the place is hidden; its visibility stays. Returns how far it was mixed in.
    pub fn mix_into(&self, pixel: &mut [f32; SOURCE_NUMBERS], colour: Vec3, share: f32) -> f32 {
        let share = share * (1.0 - pixel[3]);
        pixel.iter_mut().zip(colour.to_array()).for_each(|(have, want)| *have += share * (want - *have));
        share
    }

    /// What [`Self::draw`] draws, cell by cell: number of the cell in the part, colour, and its share where the place is hidden wholly.
    pub fn each(&self, target: &[Vec2], part: DrawnPart, mut put: impl FnMut(usize, Vec3, f32)) {
        let Ok(points): Result<&[Vec2; Landmarks::COUNT], _> = target.try_into() else { return };
        let Some(fit) = fit_rigid(points, template(), &RIGID_WEIGHTS).filter(|fit| fit.scale > 1.0) else { return };
        let unlike = (((gap(points) - self.gap).abs() - UNLIKE.start) / (UNLIKE.end - UNLIKE.start)).clamp(0.0, 1.0);
        let lips = Lips::of(points);
        let view = self.view(&fit, points, part.per_px());
        let (low, high) = lips.bounds();
        for (cell, at) in part.within(low, high) {
            let depth_px = lips.depth(at);
            let share = unlike * (depth_px * part.per_px() / SOFT_CELLS).clamp(0.0, 1.0);
            if share > 0.0 {
                put(cell, view.colour(at, depth_px), share);
            }
        }
    }

    fn view(&self, fit: &RigidFit, points: &[Vec2; 68], cells_per_px: f32) -> MouthView {
        let lips = parted(fit, points) / LIPS_OPEN;
        let drop = (chin(fit, points, lips) - self.chin) / CHIN_OPEN;
        let open = (lips + CHIN_SHARE * (drop.min(lips) - lips)).clamp(0.0, WIDEST);
        MouthView {
            upper: Arch::seen(fit, Jaw::Upper, self.seam, open),
            lower: Arch::seen(fit, Jaw::Lower, self.seam, open),
            px: fit.scale,
            cells: fit.scale * cells_per_px,
            open,
            bared: ((width(fit, points) / self.width - BARED.start) / (BARED.end - BARED.start)).clamp(0.0, 1.0),
            palette: MouthColours::in_light_of(self.skin),
        }
    }
}

/// How differently lips are parted, in widths of the mouth, from which on they begin to show another inside than the picture's own, and show nothing of that.
const UNLIKE: std::ops::Range<f32> = 0.06..0.18;
/// Width of the mouth against that at rest, up to which pursed lips hide the teeth, and from which they do not.
const BARED: std::ops::Range<f32> = 0.8..1.0;
/// Bounds of a mouth at rest, in the generic head's units: a person who smiles in the picture may look otherwise, and landmarks may lie all in one place.
const AT_REST: std::ops::RangeInclusive<f32> = 0.2..=0.85;
/// The edge of the lips is as soft as so many cells.
const SOFT_CELLS: f32 = 1.5;

/// The mouth of one frame.
struct MouthView {
    upper: Arch,
    lower: Arch,
    /// Pixels in a distance between the eyes, and cells that are drawn.
    px: f32,
    cells: f32,
    open: f32,
    /// How far teeth are seen, 0 to 1.
    bared: f32,
    palette: MouthColours,
}

struct MouthColours {
    tooth: Vec3,
    gum: Vec3,
    tongue: Vec3,
    dark: Vec3,
}

impl MouthColours {
    /// Next to skin in the same light, teeth are lighter and a tongue hardly darker: both lie close behind the lips.
    fn in_light_of(skin: Vec3) -> Self {
        let grey = Vec3::splat(skin.dot(Vec3::new(0.3, 0.59, 0.11)));
        Self {
            tooth: (skin.lerp(grey, 0.6) * 1.6).min(Vec3::splat(0.95)),
            gum: skin * Vec3::new(0.72, 0.5, 0.5),
            tongue: skin * Vec3::new(1.0, 0.69, 0.67),
            dark: skin * Vec3::new(0.34, 0.2, 0.2),
        }
    }
}

impl MouthView {
    /// Colour of a place `depth_px` inside the lips.
    fn colour(&self, at: Vec2, depth_px: f32) -> Vec3 {
        let behind = self.behind(at);
        let with_lower = self.over(behind, self.lower.at(at).as_ref());
        // The lips' own shadow hardly falls on the upper teeth: they touch the lip.
        let shadow = (-depth_px / (0.05 * self.px)).exp();
        let shaded = with_lower * (1.0 - 0.4 * shadow);
        self.over(shaded, self.upper.at(at).as_ref()) * (1.0 - 0.1 * shadow)
    }

    /// The tongue lies in the lower arch; behind it is the dark.
    fn behind(&self, at: Vec2) -> Vec3 {
        let MouthColours { tongue, dark, .. } = self.palette;
        let from = self.lower.inside(at);
        // The wider the mouth, the more of its back is seen above it; it is darker there.
        let back = 0.3 + 0.4 * self.open;
        let up = (0.02 - from.y) / if from.y < 0.02 { back } else { 0.28 };
        let round = 1.0 - (from.x / 0.36).powi(4) - up * up;
        let share = (round * 2.5).clamp(0.0, 1.0) * (self.open * 2.5).clamp(0.0, 1.0);
        dark.lerp(tongue * (1.0 - 0.65 * up.clamp(0.0, 1.0)), share)
    }

    fn over(&self, behind: Vec3, place: Option<&ToothPlace>) -> Vec3 {
        let Some(&ToothPlace { from_edge, across, crown, front }) = place else { return behind };
        let MouthColours { tooth, gum, .. } = self.palette;
        let light = 0.3 + 0.7 * front;
        // 0 in the middle of a tooth, 1 where it touches the next.
        let side = (2.0 * across - 1.0).abs();
        // Far back, one is seen from its side, and there is no gap to be seen.
        let crowned = tooth * (1.0 - 0.35 * front * ((side - 0.55) / 0.45).clamp(0.0, 1.0).powi(2));
        let root = ((from_edge - crown * (1.0 - 0.25 * side * side)) * self.cells + 0.5).clamp(0.0, 1.0);
        let edge = (from_edge * self.cells + 0.5).clamp(0.0, 1.0);
        let end = ((arch::GUM + crown - from_edge) * self.px / 3.0).clamp(0.0, 1.0);
        behind.lerp(crowned.lerp(gum, root) * light, edge * end * self.bared)
    }
}

/// Height on the head of a point of the picture at a depth of the head: positive is down, in the generic head's units.
fn height(fit: &RigidFit, point: Vec2, depth: f32) -> f32 {
    let seen = (point - fit.translation) / fit.scale - fit.rotation.z_axis.truncate() * depth;
    let (x, y) = (fit.rotation.x_axis.truncate(), fit.rotation.y_axis.truncate());
    let flat = x.perp_dot(y);
    if flat.abs() < 0.2 { seen.dot(y) } else { x.perp_dot(seen) / flat }
}

/// How far the inner lips are parted.
fn parted(fit: &RigidFit, points: &[Vec2; 68]) -> f32 {
    (height(fit, points[66], template()[66].z) - height(fit, points[62], template()[62].z)).max(0.0)
}

/// Distance between the inner lips in widths of the mouth, whatever the head's size.
fn gap(points: &[Vec2; 68]) -> f32 {
    points[62].distance(points[66]) / points[60].distance(points[64]).max(1.0)
}

/// Distance between the inner corners of the mouth.
fn width(fit: &RigidFit, points: &[Vec2; 68]) -> f32 {
    points[60].distance(points[64]) / fit.scale
}

fn chin(fit: &RigidFit, points: &[Vec2; 68], jaw: f32) -> f32 {
    height(fit, points[8], template()[8].z - CHIN_BACK * jaw.min(WIDEST))
}

/// Mean of the picture on both cheeks beside the mouth, and on the chin.
fn skin_colour(picture: &[f32], points: &[Vec2; 68]) -> Option<Vec3> {
    let places = [points[31].midpoint(points[48]), points[35].midpoint(points[54]), points[57].midpoint(points[8])];
    let (pixels, _) = picture.as_chunks::<3>();
    let radius = (points[31].distance(points[35]) * 0.2).clamp(1.0, 6.0) as i32;
    let (mut sum, mut count) = (Vec3::ZERO, 0.0_f32);
    for place in places {
        for (dx, dy) in (-radius..=radius).flat_map(|y| (-radius..=radius).map(move |x| (x, y))) {
            let at = place + Vec2::new(dx as f32, dy as f32);
            if at.min_element() >= 0.0
                && at.max_element() < SIDE as f32
                && let Some(colour) = pixels.get(at.y as usize * SIDE + at.x as usize)
            {
                sum += Vec3::from_array(*colour);
                count += 1.0;
            }
        }
    }
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: usize = SIDE * SIDE * SOURCE_NUMBERS;
    const UNIT_PX: f32 = 42.0;

    fn face() -> Vec<Vec2> {
        template().map(|p| p.truncate() * UNIT_PX + Vec2::new(128.0, 110.0)).to_vec()
    }

    /// The same with the jaw open: lower lip and chin go down by a share of what is possible.
    fn opened(share: f32) -> Vec<Vec2> {
        let mut points = face();
        for index in (55..60).chain(65..68) {
            points[index].y += share * LIPS_OPEN * UNIT_PX;
        }
        points[8].y += share * CHIN_OPEN * UNIT_PX;
        points
    }

    /// The lips part and the teeth stay together.
    fn grin() -> Vec<Vec2> {
        let mut points = face();
        for index in [61, 62, 63, 50, 51, 52] {
            points[index].y -= 0.1 * UNIT_PX;
        }
        for index in [65, 66, 67, 56, 57, 58] {
            points[index].y += 0.08 * UNIT_PX;
        }
        points
    }

    fn prior() -> MouthPrior {
        let picture = [0.7, 0.5, 0.4].repeat(SIDE * SIDE);
        MouthPrior::of(&picture, &face()).expect("the generic head is a head")
    }

    fn drawn(target: &[Vec2], visibility: f32) -> Vec<f32> {
        let mut source = [0.7, 0.5, 0.4, visibility].repeat(SIDE * SIDE);
        prior().draw(target, [0, 0], [SIDE; 2], &mut source);
        source
    }

    fn brightness(source: &[f32], at: Vec2) -> f32 {
        let first = (at.y.round() as usize * SIDE + at.x.round() as usize) * SOURCE_NUMBERS;
        source[first..first + 3].iter().sum::<f32>() / 3.0
    }

    #[test]
    fn an_opened_mouth_has_teeth_above_and_is_dark_inside() {
        let mut target = opened(0.9);
        for index in [61, 62, 63] {
            target[index].y -= 0.06 * UNIT_PX;
        }
        let source = drawn(&target, 0.0);
        let (upper, lower) = (target[62], target[66]);
        let under = |share: f32| brightness(&source, upper.lerp(lower, share) + Vec2::new(0.07 * UNIT_PX, 0.0));
        let [teeth, dark] = [under(0.1), under(0.35)];
        assert!(teeth > 0.3 && dark < 0.5 * teeth, "teeth {teeth}, the dark {dark}");
        assert!(under(0.7) > 1.2 * dark, "the tongue is lighter than the dark: {}", under(0.7));
        assert!((brightness(&source, target[51]) - 1.6 / 3.0).abs() < 1e-6, "the lips stay");
    }

    #[test]
    fn teeth_together_fill_parted_lips() {
        let grin = grin();
        let source = drawn(&grin, 0.0);
        let middle = grin[62].midpoint(grin[66]) + Vec2::new(0.07 * UNIT_PX, 0.0);
        assert!(brightness(&source, middle) > 0.3, "teeth, not a hole: {}", brightness(&source, middle));
    }

    #[test]
    fn pursed_lips_hide_the_teeth() {
        let pursed = |width: f32| {
            let mut points = grin();
            let middle = points[62].x;
            points[48..68].iter_mut().for_each(|point| point.x = middle + width * (point.x - middle));
            brightness(&drawn(&points, 0.0), points[62].midpoint(points[66]) + Vec2::new(0.07 * UNIT_PX, 0.0))
        };
        let [bared, hidden] = [1.0, 0.75].map(pursed);
        assert!(hidden < 0.7 * bared, "{hidden} instead of {bared}");
    }

    #[test]
    fn closed_lips_and_what_the_source_shows_stay() {
        let untouched = |target: &[Vec2], visibility: f32| {
            drawn(target, visibility).iter().zip([0.7, 0.5, 0.4, visibility].repeat(SIDE * SIDE)).all(|(a, b)| (a - b).abs() < 0.02)
        };
        assert!(untouched(&face(), 1.0) && untouched(&opened(1.0), 1.0), "it is seen");
        assert!(!untouched(&opened(1.0), 0.0), "it is hidden");
        let mut closed = face();
        for (upper, lower) in [(61, 67), (62, 66), (63, 65)] {
            closed[lower] = closed[upper];
        }
        assert!(untouched(&closed, 0.0), "closed lips hide all of it");
    }

    #[test]
    fn a_part_is_drawn_as_in_the_whole() {
        let target = opened(0.6);
        let whole = drawn(&target, 0.2);
        let (corner, size) = ([100, 150], [40, 24]);
        let mut part = [0.7, 0.5, 0.4, 0.2].repeat(size[0] * size[1]);
        prior().draw(&target, corner, size, &mut part);
        for (row, line) in part.chunks_exact(size[0] * SOURCE_NUMBERS).enumerate() {
            let first = ((corner[1] + row) * SIDE + corner[0]) * SOURCE_NUMBERS;
            assert_eq!(line, &whole[first..first + line.len()], "row {row}");
        }
    }

    #[test]
    fn landmarks_without_a_head_draw_nothing_and_do_no_harm() {
        assert!(MouthPrior::of(&[0.5; 3], &[Vec2::NAN; 68]).is_none() && MouthPrior::of(&[], &face()[..40]).is_none());
        let mut far = face();
        far.iter_mut().skip(48).for_each(|p| *p *= 1e9);
        for target in [vec![Vec2::NAN; 68], vec![Vec2::splat(5.0); 68], far] {
            let mut source = vec![0.25; WHOLE];
            prior().draw(&target, [0, 0], [SIDE; 2], &mut source);
            assert!(source.iter().all(|v| v.is_finite()), "{:?}", target[48]);
        }
    }
}
