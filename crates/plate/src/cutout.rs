//! The person of a portrait cut out of its picture, to be laid over another background.
//!
//! A background is changed by changing two pictures and nothing else: the portrait's own picture, and the clean plate that shows where the head has left.
//! Both become the person over the new background, so whatever draws a moving head goes on as it did.

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;

use crate::data::Background;
use crate::grid::CellGrid;
use crate::matte::{CoarseShares, SoftMatte};
use crate::plate::PlateBody;
use crate::smooth::spread;
use crate::window::{Window, seen};

/// Part of a window's side, next to its edge, over which what is known of the whole picture takes the place of what is known closely.
const SEAM: f32 = 0.06;
/// How far a place must go with the head for its own edge to count alone, 0 to 1.
const MOVES: f32 = 0.15;
/// Cells along the longer side of the plane on which a background is blurred.
const BLUR_CELLS: u32 = 320;
/// Reach of one pass of the blur, as a part of the longer side; three passes are nearly a Gaussian. Tuned by eye, so that windows and trees are still known
/// for what they are.
const BLUR: f32 = 0.014;
/// How much of the background a place must show for its colour to count, as a power of its share: edges hold some of the person's colours.
const PURITY: i32 = 4;

/// A picture and its clean plate on another background.
#[derive(Clone, Debug)]
pub struct Backed {
    /// The picture. On no background its colours are premultiplied with its alpha.
    pub picture: RgbaImage,
    /// What shows where the head has gone, in the same way.
    pub plate: RgbaImage,
}

/// What of a portrait belongs to its person. All pictures have the portrait's size.
#[derive(Clone, Debug)]
pub struct Cutout {
    /// The person, premultiplied with its share.
    person: RgbaImage,
    /// What of the person stands still behind the head, in the same way.
    still: RgbaImage,
    /// What shows where the head has gone, before its own background.
    plate: RgbaImage,
}

/// What a person is cut out with.
pub struct CutoutParts<'a> {
    /// The portrait's picture.
    pub picture: &'a RgbaImage,
    /// Its clean plate.
    pub plate: &'a RgbaImage,
    /// The soft edge that the head is drawn with.
    pub close: &'a SoftMatte,
    /// What a network says in that window.
    pub coarse: &'a CoarseShares<'a>,
    /// The soft edge in the whole picture.
    pub whole: &'a SoftMatte,
    /// Share of body, 0 to 1, at a place in pixels of the whole picture.
    pub is_body: &'a (dyn Fn(Vec2) -> f32 + Sync),
    /// The head's own layer, premultiplied, and the place of its first pixel, where there is one: then it is drawn with that.
    pub layer: Option<(&'a RgbaImage, [u32; 2])>,
}

impl Cutout {
    /// Cuts a person out.
    pub fn of(parts: &CutoutParts<'_>) -> Self {
        let CutoutParts { picture, plate, close: close_matte, coarse, whole, is_body, layer } = parts;
        let size = [picture.width(), picture.height()];
        let body = PlateBody::of(picture, close_matte, coarse);
        let mut person = RgbaImage::new(size[0], size[1]);
        let mut still = RgbaImage::new(size[0], size[1]);
        let stride = 4 * size[0].max(1) as usize;
        let rows = person.as_mut().par_chunks_exact_mut(stride).zip(still.as_mut().par_chunks_exact_mut(stride));
        rows.enumerate().for_each(|(y, (persons, stills))| {
            let pixels = persons.as_chunks_mut::<4>().0.iter_mut().zip(stills.as_chunks_mut::<4>().0);
            for (x, (person, still)) in pixels.enumerate() {
                let at = [x as u32, y as u32];
                let (far, moves) = (premultiplied(whole, at), (coarse.uncovered)(place(at)));
                let close = layer.and_then(|layer| layered(&layer, at)).unwrap_or_else(|| premultiplied(close_matte, at));
                // What never moves with the head is better known from far, and so is a body that nothing was seen of closely.
                let body_alone = if far[3] > close[3] { is_body(place(at)) } else { 0.0 };
                let near = closeness(close_matte.window, size, at) * (moves / MOVES).min(1.0) * (1.0 - body_alone);
                let own = mixed(far, close, near);
                *person = bytes(own);
                let shown = plate.get_pixel(at[0], at[1]).0;
                let (gone, share) = body.at(at, shown);
                let gone = gone * (1.0 - body_alone * (1.0 - close[3] / 255.0));
                let shown = shown.map(f32::from);
                let rest = [0, 1, 2, 3].map(|n| if n == 3 { 255.0 * share } else { shown[n] * share });
                *still = bytes(mixed(own, rest, gone));
            }
        });
        Self { person, still, plate: (*plate).clone() }
    }

    /// The picture and its plate before another background; `None` for the picture's own.
    pub fn before(&self, background: Background) -> Option<Backed> {
        let blurred = match background {
            Background::Own => return None,
            Background::Blurred => Some(Blurred::of(&self.plate, &self.still)),
            Background::Colour(_) | Background::Transparent => None,
        };
        let behind = |at: [u32; 2]| match (&blurred, background) {
            (Some(blurred), _) => blurred.at(at),
            (None, Background::Colour([r, g, b])) => [r, g, b, 255].map(f32::from),
            (None, _) => [0.0; 4],
        };
        Some(Backed { picture: laid_over(&self.person, &behind), plate: laid_over(&self.still, &behind) })
    }
}

/// A picture with straight alpha from one whose colours are premultiplied.
pub fn straight(premultiplied: &RgbaImage) -> RgbaImage {
    let mut straight = premultiplied.clone();
    straight.as_mut().par_chunks_mut(4096).for_each(|pixels| {
        for [r, g, b, alpha] in pixels.as_chunks_mut::<4>().0 {
            let alpha = u32::from(*alpha);
            for channel in [r, g, b] {
                *channel = ((u32::from(*channel) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0)).min(255) as u8;
            }
        }
    });
    straight
}

/// The background out of focus: only what is no person counts.
struct Blurred {
    cells: CellGrid<Vec3>,
    step: f32,
}

impl Blurred {
    fn of(plate: &RgbaImage, still: &RgbaImage) -> Self {
        let size = [plate.width(), plate.height()];
        let longer = size[0].max(size[1]).max(1);
        let step = longer.div_ceil(BLUR_CELLS);
        let window = Window { corner: [0; 2], size: size.map(|side| side.max(1)), step };
        let sums = CellGrid::from_fn(window.cells(), |x, y| {
            let pixels = window.pixels(plate, x, y).zip(window.pixels(still, x, y));
            pixels.fold((Vec3::ZERO, 0.0), |(sum, mass), (shown, still)| {
                let weight = (1.0 - f32::from(still[3]) / 255.0).powi(PURITY);
                (sum + weight * seen(shown), mass + weight)
            })
        });
        let colours = sums.map(|(sum, mass)| sum / mass.max(1e-3));
        let pixels = (step * step) as f32;
        let known = sums.map(|(_, mass)| (mass / pixels).min(1.0));
        let filled = spread(&colours, &known);
        let radius = ((BLUR * longer as f32 / step as f32).round() as usize).max(1);
        let cells = filled.box_mean(radius).box_mean(radius).box_mean(radius);
        Self { cells, step: step as f32 }
    }

    fn at(&self, [x, y]: [u32; 2]) -> [f32; 4] {
        let [r, g, b] = (255.0 * self.cells.at((Vec2::new(x as f32, y as f32) + 0.5) / self.step - 0.5)).to_array();
        [r, g, b, 255.0]
    }
}

/// A premultiplied picture over what is behind each of its pixels.
fn laid_over(front: &RgbaImage, behind: &(dyn Fn([u32; 2]) -> [f32; 4] + Sync)) -> RgbaImage {
    let mut whole = front.clone();
    let stride = 4 * front.width().max(1) as usize;
    whole.as_mut().par_chunks_exact_mut(stride).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let rest = 1.0 - f32::from(pixel[3]) / 255.0;
            if rest > 0.0 {
                let behind = behind([x as u32, y as u32]);
                *pixel = bytes(std::array::from_fn(|n| f32::from(pixel[n]) + rest * behind[n]));
            }
        }
    });
    whole
}

/// How much what is known closely counts at a pixel: all of it inside of its window, nothing outside; an edge of the picture is none of the window.
fn closeness(window: Window, size: [u32; 2], at: [u32; 2]) -> f32 {
    let seam = (SEAM * window.size[0].max(window.size[1]) as f32).max(1.0);
    let share = |axis: usize| {
        let (first, end) = (window.corner[axis], window.corner[axis] + window.size[axis]);
        let from = |edge: bool, px: i64| if edge { 1.0 } else { (px as f32 + 0.5) / seam };
        let (place, first_px, end_px) = (i64::from(at[axis]), i64::from(first), i64::from(end));
        if place < first_px || place >= end_px {
            return 0.0;
        }
        from(first == 0, place - first_px).min(from(end == size[axis], end_px - 1 - place)).clamp(0.0, 1.0)
    };
    share(0).min(share(1))
}

/// The person's colour at a pixel of the picture, premultiplied with its share; nothing beyond the window.
fn premultiplied(matte: &SoftMatte, at: [u32; 2]) -> [f32; 4] {
    let inside = |axis: usize| at[axis].checked_sub(matte.window.corner[axis]).filter(|px| *px < matte.window.size[axis]);
    let (Some(x), Some(y)) = (inside(0), inside(1)) else { return [0.0; 4] };
    let share = f32::from(matte.alpha[(y * matte.window.size[0] + x) as usize]) / 255.0;
    let [r, g, b, alpha] = matte.foreground.get_pixel(x, y).0.map(f32::from);
    let share = share * alpha / 255.0;
    [r * share, g * share, b * share, 255.0 * share]
}

fn place([x, y]: [u32; 2]) -> Vec2 {
    Vec2::new(x as f32, y as f32)
}

fn layered((layer, corner): &(&RgbaImage, [u32; 2]), [x, y]: [u32; 2]) -> Option<[f32; 4]> {
    layer.get_pixel_checked(x.checked_sub(corner[0])?, y.checked_sub(corner[1])?).map(|pixel| pixel.0.map(f32::from))
}

fn mixed(a: [f32; 4], b: [f32; 4], share: f32) -> [f32; 4] {
    std::array::from_fn(|n| a[n] + share * (b[n] - a[n]))
}

fn bytes(colour: [f32; 4]) -> [u8; 4] {
    colour.map(|v| (v + 0.5).clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Crop;
    use crate::plate::Plate;

    const SKY: [u8; 4] = [90, 140, 220, 255];
    const COAT: [u8; 4] = [40, 40, 50, 255];
    const SKIN: [u8; 4] = [220, 160, 130, 255];

    fn in_head(at: Vec2) -> bool {
        at.distance(Vec2::new(100.0, 80.0)) < 34.0
    }

    fn in_body(at: Vec2) -> bool {
        at.y > 110.0 && (at.x - 100.0).abs() < 60.0
    }

    /// A head and a body before a sky; the window ends above the picture's lower edge.
    fn cut_out() -> (RgbaImage, Cutout) {
        let picture = RgbaImage::from_fn(200, 260, |x, y| {
            let at = Vec2::new(x as f32, y as f32);
            image::Rgba(if in_head(at) {
                SKIN
            } else if in_body(at) {
                COAT
            } else {
                SKY
            })
        });
        let share = |at: Vec2| [f32::from(u8::from(in_head(at) || in_body(at))), f32::from(u8::from(in_body(at) && !in_head(at)))];
        let coarse = CoarseShares { at: &share, uncovered: &|at| f32::from(u8::from(at.y < 105.0)), cell_px: 3.0 };
        let window = |side_px| Window::of([200, 260], &Crop { origin_px: [0.0; 2], side_px }).expect("it is there");
        let close = SoftMatte::of(&picture, window(200.0), &coarse);
        let whole = SoftMatte::of(&picture, window(260.0), &coarse);
        let plate = Plate::of(&picture, &close, &coarse).pixels;
        let parts = CutoutParts {
            picture: &picture,
            plate: &plate,
            close: &close,
            coarse: &coarse,
            whole: &whole,
            is_body: &|at| share(at)[1],
            layer: None,
        };
        (picture.clone(), Cutout::of(&parts))
    }

    #[test]
    fn the_person_stands_before_a_colour_and_the_plate_shows_the_body_alone() {
        let (picture, cutout) = cut_out();
        assert!(cutout.before(Background::Own).is_none(), "nothing to do for the picture's own");
        let Backed { picture: green, plate } = cutout.before(Background::GREEN).expect("another background");
        for at in [(100, 80), (100, 180), (60, 250), (140, 250)] {
            assert_eq!(green.get_pixel(at.0, at.1), picture.get_pixel(at.0, at.1), "the person, at {at:?}");
        }
        for at in [(5, 5), (195, 80), (10, 250), (100, 20)] {
            assert_eq!(green.get_pixel(at.0, at.1).0, [0, 255, 0, 255], "the background, at {at:?}");
        }
        assert_eq!(plate.get_pixel(100, 70).0, [0, 255, 0, 255], "no head in the plate");
        assert_eq!(plate.get_pixel(100, 180), picture.get_pixel(100, 180), "but the body");
    }

    #[test]
    fn no_background_at_all_is_what_black_and_white_have_in_common() {
        let (_, cutout) = cut_out();
        let over = |background| cutout.before(background).expect("another background").picture;
        let [clear, black, white] = [Background::Transparent, Background::Colour([0; 3]), Background::Colour([255; 3])].map(over);
        let mut mixed = 0;
        for ((clear, black), white) in clear.pixels().zip(black.pixels()).zip(white.pixels()) {
            mixed += usize::from((1..255).contains(&clear[3]));
            for n in 0..3 {
                assert_eq!(clear[n], black[n], "premultiplied colours are those over black");
                let alpha = 255 - i32::from(white[n]) + i32::from(black[n]);
                assert!((alpha - i32::from(clear[3])).abs() <= 1, "the difference says the alpha: {alpha} and {}", clear[3]);
            }
        }
        assert!(mixed > 20, "there are soft edges: {mixed}");
        let straight = straight(&clear);
        assert_eq!((straight.get_pixel(100, 80).0, straight.get_pixel(5, 5).0), (SKIN, [0; 4]), "colours as they were");
    }

    #[test]
    fn a_blurred_background_has_nothing_of_the_person_in_it() {
        let (_, cutout) = cut_out();
        let blurred = cutout.before(Background::Blurred).expect("another background");
        for picture in [&blurred.picture, &blurred.plate] {
            for at in [(5, 5), (100, 30), (150, 80), (30, 200), (170, 250)] {
                let off = picture.get_pixel(at.0, at.1).0.iter().zip(SKY).map(|(a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(6), "an even sky stays even, at {at:?}: {:?}", picture.get_pixel(at.0, at.1));
            }
        }
    }
}
