//! What the matte net sees in a portrait: in its crop, which is finer and less easily deceived, and in its reach, in which none of a head and its hat is cut off; each as it
//! is and in a mirror. Where these views disagree, the picture's colours decide. In the rest of the picture, which no head comes to, it looks only where another
//! background is wanted: in squares that grow.

use glam::Vec2;
use rayon::prelude::*;

use super::clean_plate::{centre, sampled};
use super::colour_evidence::{Views, of_colours};
use super::outline::Outline;
use super::smooth_step;
use crate::data::{CROP_PX, Crop, Portrait, UpFromChin};
use crate::model::{MATTE_CELLS, MatteNet};

/// What the crop counts against the reach, and from which distance from the crop's edge on it does, in crop pixels: near it a head that is cut off is taken for
/// background.
const CLOSE_WEIGHT: f32 = 2.0;
const CLOSE_FROM_PX: std::ops::Range<f32> = 8.0..48.0;
/// Logits beyond this say no more.
const MOST: f32 = 6.0;

/// How much larger each square beyond the reach is than the one before, and how many there are at most: in a larger one nothing is left of a head.
const GROWS: f32 = 1.6;
const MOST_VIEWS: usize = 4;
/// Part of a square's side, next to its edge, over which the next larger square takes its place.
const VIEW_EDGE: f32 = 0.12;

/// Head and body as logits over one crop, [`MATTE_CELLS`] squared each.
type Logits = [Vec<f32>; 2];

/// The mattes of one portrait.
pub(super) struct SeenMattes {
    crop: Crop,
    close: Logits,
    wide: Logits,
    /// What the colours add over the reach, as logits.
    colours: Vec<f32>,
}

impl SeenMattes {
    pub(super) fn new(net: &MatteNet, portrait: &Portrait) -> candle_core::Result<Self> {
        let [close, wide]: [[Logits; 2]; 2] = views(net, portrait, &[portrait.crop, portrait.crop.reach()])?.try_into().unwrap_or_default();
        let mut seen = Self { crop: portrait.crop, close: mean(&close), wide: mean(&wide), colours: Vec::new() };
        seen.colours = seen.of_colours(portrait, &close, &wide);
        Ok(seen)
    }

    /// What the portrait's colours add to what the views say.
    fn of_colours(&self, portrait: &Portrait, close: &[Logits; 2], wide: &[Logits; 2]) -> Vec<f32> {
        let landmarks = portrait.landmarks_in_crop();
        let (outline, up) = (Outline::with_forehead(&landmarks), UpFromChin::of(&landmarks));
        let reach = Portrait { crop: self.crop.reach(), ..portrait.clone() };
        let size = Vec2::from(<[u32; 2]>::from(portrait.pixels.dimensions()).map(|px| px as f32));
        let said = |cell: usize| {
            let point = Crop::crop_from_reach(centre(cell));
            let is_close = close_weight(point) > 0.0;
            let of_close = close.iter().filter(|_| is_close).map(|view| person(sampled_both(view, point)));
            let all = of_close.chain(wide.iter().map(|view| person([view[0][cell], view[1][cell]])));
            let (least, most) = all.fold((MOST, -MOST), |(least, most), logit| (least.min(logit), most.max(logit)));
            [person(self.views_at(point)), least, most]
        };
        let said: Vec<[f32; 3]> = (0..MATTE_CELLS * MATTE_CELLS).into_par_iter().with_min_len(256).map(said).collect();
        let [together, least, most] = [0, 1, 2].map(|n| said.iter().map(|said| said[n]).collect::<Vec<f32>>());
        of_colours(&Views {
            picture: &reach.crop_picture(MATTE_CELLS),
            together: &together,
            least: &least,
            most: &most,
            is_face: &|cell| outline.is_inside(Crop::crop_from_reach(centre(cell))),
            is_below: &|cell| up.height(Crop::crop_from_reach(centre(cell))) < 0.0,
            is_seen: &|cell| {
                let at = self.crop.image_from_crop(Crop::crop_from_reach(centre(cell)));
                at.cmpge(Vec2::ZERO).all() && at.cmplt(size).all()
            },
        })
    }

    /// What the views say together at a point in crop pixels: logits of head and body.
    fn views_at(&self, point: Vec2) -> [f32; 2] {
        let weight = close_weight(point);
        let close = if weight > 0.0 { sampled_both(&self.close, point) } else { [0.0; 2] };
        let wide = sampled_both(&self.wide, Crop::reach_from_crop(point));
        std::array::from_fn(|part| (weight * close[part] + wide[part]) / (1.0 + weight))
    }

    /// Shares of head and body, 0 to 1, at a place in pixels of the picture.
    pub(super) fn shares(&self, at: Vec2) -> [f32; 2] {
        let point = self.crop.crop_from_image(at);
        let colours = sampled(&self.colours, Crop::reach_from_crop(point));
        let views = self.views_at(point);
        let logit = person(views);
        let (rest, rest_now) = (share_of(-logit), share_of(-logit - colours));
        // Colours tell a person from the rest, and not head from body: the rest is a product of what either leaves, whose exponents keep their proportion.
        views.map(|part| 1.0 - rest_now.powf((1.0 - share_of(part)).ln() / rest.ln()))
    }
}

/// What a view of the crop counts at a point in crop pixels, against one of the reach.
fn close_weight(point: Vec2) -> f32 {
    CLOSE_WEIGHT * smooth_step(&CLOSE_FROM_PX, point.min(CROP_PX - 1.0 - point).min_element())
}

/// The mattes of a whole picture.
pub(super) struct SeenPicture {
    near: SeenMattes,
    /// From the smallest square to the largest.
    beyond: Vec<(Crop, Logits)>,
}

impl SeenPicture {
    pub(super) fn new(net: &MatteNet, portrait: &Portrait) -> candle_core::Result<Self> {
        let squares = squares(&portrait.crop, portrait.pixels.dimensions().into());
        let views = views(net, portrait, &squares)?;
        let beyond = squares.iter().copied().zip(views.iter().map(mean)).collect();
        Ok(Self { near: SeenMattes::new(net, portrait)?, beyond })
    }

    /// Side of the largest cells, in pixels of the picture.
    pub(super) fn cell_px(&self) -> f32 {
        self.beyond.last().map_or(self.near.crop.reach().side_px, |(crop, _)| crop.side_px) / MATTE_CELLS as f32
    }

    /// What is seen closely.
    pub(super) fn near(&self) -> &SeenMattes {
        &self.near
    }

    /// Shares of head and body, 0 to 1, at any place of the picture, in its pixels.
    pub(super) fn shares(&self, at: Vec2) -> [f32; 2] {
        let mut rest = 1.0;
        let mut sum = [0.0; 2];
        let mut add = |crop: &Crop, is_last: bool, shares: &dyn Fn() -> [f32; 2]| {
            let inside = if is_last { 1.0 } else { insideness(crop, at) };
            if rest * inside > 0.0 {
                let shares = shares();
                (0..2).for_each(|part| sum[part] += rest * inside * shares[part]);
                rest *= 1.0 - inside;
            }
        };
        add(&self.near.crop.reach(), self.beyond.is_empty(), &|| self.near.shares(at));
        for (n, (crop, logits)) in self.beyond.iter().enumerate() {
            let place = crop.crop_from_image(at);
            add(crop, n + 1 == self.beyond.len(), &|| std::array::from_fn(|part| share_of(sampled(&logits[part], place))));
        }
        sum
    }
}

/// How far a place is inside of a square, 0 at its edge and beyond it.
fn insideness(crop: &Crop, at: Vec2) -> f32 {
    let place = (at + 0.5 - Vec2::from_array(crop.origin_px)) / crop.side_px;
    (place.min(1.0 - place).min_element() / VIEW_EDGE).clamp(0.0, 1.0)
}

/// Squares that grow from a crop's reach until the last one covers the picture: each has the head where its reach has it, as far as that is possible.
fn squares(crop: &Crop, size: [u32; 2]) -> Vec<Crop> {
    let reach = crop.reach();
    let middle = Vec2::from_array(reach.origin_px) + 0.5 * reach.side_px;
    let size = Vec2::new(size[0] as f32, size[1] as f32);
    let covers = |square: &Crop| {
        let first = Vec2::from_array(square.origin_px);
        first.cmple(Vec2::ZERO).all() && (first + square.side_px).cmpge(size).all()
    };
    let mut squares = Vec::new();
    let mut last = reach;
    while !covers(&last) && squares.len() < MOST_VIEWS && last.side_px.is_finite() {
        let side_px = GROWS * last.side_px;
        let room = size - side_px;
        // Over the picture as far as it goes; one that is larger lies about it evenly.
        let origin = (middle - 0.5 * side_px).clamp(room.min(Vec2::ZERO), room.max(Vec2::ZERO));
        last = Crop { origin_px: origin.to_array(), side_px };
        squares.push(last);
    }
    squares
}

fn share_of(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// The logit of being head or body, from those of either.
fn person(logits: [f32; 2]) -> f32 {
    let [head, body] = logits.map(share_of);
    let rest = (1.0 - head) * (1.0 - body);
    ((1.0 - rest) / rest).ln().clamp(-MOST, MOST)
}

/// Head and body at a place in pixels of the square that they were seen in.
fn sampled_both(logits: &Logits, place: Vec2) -> [f32; 2] {
    [sampled(&logits[0], place), sampled(&logits[1], place)]
}

/// The mean of a view and of that in a mirror.
fn mean([plain, mirrored]: &[Logits; 2]) -> Logits {
    std::array::from_fn(|part| plain[part].iter().zip(&mirrored[part]).map(|(a, b)| 0.5 * (a + b)).collect())
}

/// What the net sees in each of some squares, as they are and in a mirror.
fn views(net: &MatteNet, portrait: &Portrait, squares: &[Crop]) -> candle_core::Result<Vec<[Logits; 2]>> {
    let both = |crop: &Crop| {
        let of = Portrait { crop: *crop, ..portrait.clone() };
        Ok([logits(net, &of, false)?, logits(net, &of, true)?])
    };
    squares.par_iter().map(both).collect()
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
