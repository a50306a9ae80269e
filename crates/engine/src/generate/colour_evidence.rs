//! Where views of a portrait disagree about what is person, its colours decide: hair and veils look like the head's other hair, and not like what stands beside them.

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use crate::model::MATTE_CELLS;
use retrato_plate::{joined, lab};

// All constants are tuned by eye on the cut-outs of eight portraits (paintings, photographs, a cartoon, a sculpture) and of six clips' first frames.

/// Logits from which on all views are sure of a cell: of the person, and of what stands behind.
const SURE_PERSON: f32 = 1.5;
const SURE_REST: f32 = -2.5;
/// Weight of the views' logits beside the colours', and their bound: a net is surer of paintings than it is right.
const VIEWS_COUNT: f32 = 0.5;
const MOST_OF_VIEWS: f32 = 3.0;
/// Standard deviation over which known places count, in cells, and over which those of the rest count mostly: hair is alike all over a head, what stands
/// behind changes from side to side.
const NEAR: f32 = 24.0;
const NEXT: f32 = 10.0;
/// What places of the rest count that are near but not next to a cell: something where there are no others.
const NOT_NEXT: f32 = 0.05;
/// Standard deviation of colours that are alike, in CIE L*a*b* by hundred: a little more than what an eye just tells apart (0.023).
const ALIKE: f32 = 0.03;
/// Density that every colour has anywhere: it bounds what colours can say.
const ANY_COLOUR: f32 = 0.02;
/// Least weight of known places that says anything.
const LEAST: f32 = 0.2;
/// Known places are looked at in blocks of so many cells squared.
const BLOCK: usize = 2;
/// Cells to each side over which the evidence is averaged.
const AVERAGED: usize = 1;

const CELLS: usize = MATTE_CELLS * MATTE_CELLS;

/// What is known of the cells of a picture, [`MATTE_CELLS`] squared each.
pub(super) struct Views<'a> {
    /// RGB, 0 to 1.
    pub picture: &'a [f32],
    /// What the views say together, the least and the most that one of them says, as logits of the person.
    pub together: &'a [f32],
    pub least: &'a [f32],
    pub most: &'a [f32],
    /// Whether a cell is on the face, which looks like no hair.
    pub is_face: &'a (dyn Fn(usize) -> bool + Sync),
    /// Whether it lies below the chin, where the body is.
    pub is_below: &'a (dyn Fn(usize) -> bool + Sync),
    /// Whether it is in the picture.
    pub is_seen: &'a (dyn Fn(usize) -> bool + Sync),
}

/// Log odds to add to what the views say together: 0 where all of them are sure.
pub(super) fn of_colours(views: &Views<'_>) -> Vec<f32> {
    let colours: Vec<Vec3> = views.picture.as_chunks::<3>().0.iter().map(|rgb| lab(Vec3::from_array(*rgb))).collect();
    let faces: Vec<bool> = (0..CELLS).into_par_iter().map(|cell| (views.is_face)(cell)).collect();
    // What is joined neither to the face nor to the body may be a hat that is none, however sure the views are.
    let sure: Vec<bool> = (0..CELLS).map(|cell| faces[cell] || views.least[cell] > SURE_PERSON).collect();
    let is_start = |cell: &usize| faces[*cell] || sure[*cell] && (views.is_below)(*cell);
    let sure = joined(&sure, [MATTE_CELLS; 2], (0..CELLS).filter(is_start));
    let is_person = |cell: usize| sure[cell];
    let is_rest = |cell: usize| views.most[cell] < SURE_REST;
    let person = examples(&colours, &|cell| is_person(cell) && !faces[cell] && (views.is_seen)(cell));
    let rest = examples(&colours, &|cell| is_rest(cell) && (views.is_seen)(cell));
    let found = (0..CELLS).into_par_iter().with_min_len(256).map(|cell| {
        if is_person(cell) || is_rest(cell) {
            return None;
        }
        let at = place(cell);
        let density = |examples: &[Example], counts: &dyn Fn(f32) -> f32| {
            let (mut sum, mut all) = (0.0, 0.0);
            for example in examples {
                let weight = counts(example.place.distance_squared(at));
                let alike = (-0.5 * example.colour.distance_squared(colours[cell]) / (ALIKE * ALIKE)).exp();
                sum += weight * alike;
                all += weight;
            }
            if all < LEAST { 0.0 } else { sum / all }
        };
        let near = |squared: f32| (-0.5 * squared / (NEAR * NEAR)).exp();
        let next = |squared: f32| (-0.5 * squared / (NEXT * NEXT)).exp() + NOT_NEXT * near(squared);
        let (of_person, of_rest) = (density(&person, &near), density(&rest, &next));
        let colour = ((of_person + ANY_COLOUR) / (of_rest + ANY_COLOUR)).ln();
        // What one view misses another one sees; it is followed where the place looks like the person.
        let (together, most) = (views.together[cell], views.most[cell]);
        let said = together + (most - together) * of_person / (of_person + ANY_COLOUR);
        Some(VIEWS_COUNT * said.clamp(-MOST_OF_VIEWS, MOST_OF_VIEWS) + colour)
    });
    let found: Vec<Option<f32>> = found.collect();
    (0..CELLS).map(|cell| if found[cell].is_some() { averaged(&found, cell) - views.together[cell] } else { 0.0 }).collect()
}

/// The mean of what was found at a cell and round it.
fn averaged(found: &[Option<f32>], cell: usize) -> f32 {
    let (x, y) = (cell % MATTE_CELLS, cell / MATTE_CELLS);
    let span = |at: usize| at.saturating_sub(AVERAGED)..(at + AVERAGED + 1).min(MATTE_CELLS);
    let (mut sum, mut count) = (0.0, 0.0);
    for row in span(y) {
        for column in span(x) {
            if let Some(value) = found[row * MATTE_CELLS + column] {
                sum += value;
                count += 1.0;
            }
        }
    }
    sum / f32::max(count, 1.0)
}

/// A place of which it is known what it is.
struct Example {
    /// In cells.
    place: Vec2,
    colour: Vec3,
}

/// The blocks all of whose cells are of a kind.
fn examples(colours: &[Vec3], of_kind: &(dyn Fn(usize) -> bool + Sync)) -> Vec<Example> {
    const BLOCKS: usize = MATTE_CELLS / BLOCK;
    let example = |block: usize| {
        let corner = (block / BLOCKS * MATTE_CELLS + block % BLOCKS) * BLOCK;
        let cells: [usize; BLOCK * BLOCK] = std::array::from_fn(|n| corner + n / BLOCK * MATTE_CELLS + n % BLOCK);
        let mean = |of: &dyn Fn(usize) -> Vec3| cells.iter().map(|cell| of(*cell)).sum::<Vec3>() / cells.len() as f32;
        cells
            .iter()
            .all(|cell| of_kind(*cell))
            .then(|| Example { place: mean(&|cell| place(cell).extend(0.0)).truncate(), colour: mean(&|cell| colours[cell]) })
    };
    (0..BLOCKS * BLOCKS).filter_map(example).collect()
}

fn place(cell: usize) -> Vec2 {
    Vec2::new((cell % MATTE_CELLS) as f32, (cell / MATTE_CELLS) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWN: [f32; 3] = [0.12, 0.07, 0.05];
    const GREEN: [f32; 3] = [0.25, 0.28, 0.2];

    /// What colours add to the views of a brown column in green, of which the views are sure above; below they are in doubt about the middle, which has the
    /// colours of `below`.
    fn evidence(below: impl Fn(usize) -> [f32; 3]) -> Vec<f32> {
        let is_column = |x: usize| (48..80).contains(&x);
        let colour = |cell: usize| match (cell % MATTE_CELLS, cell / MATTE_CELLS) {
            (x @ 24..104, 64..) => below(x),
            (x, _) if is_column(x) => BROWN,
            _ => GREEN,
        };
        let picture: Vec<f32> = (0..CELLS).flat_map(colour).collect();
        let logits = |doubt: f32| -> Vec<f32> {
            let of = |cell: usize| match (cell % MATTE_CELLS, cell / MATTE_CELLS) {
                (24..104, 64..) => doubt,
                (x, _) => 4.0 * if is_column(x) { 1.0 } else { -1.0 },
            };
            (0..CELLS).map(of).collect()
        };
        of_colours(&Views {
            picture: &picture,
            together: &logits(-1.0),
            least: &logits(-2.0),
            most: &logits(0.5),
            is_face: &|cell| (56..72).contains(&(cell % MATTE_CELLS)) && (20..40).contains(&(cell / MATTE_CELLS)),
            is_below: &|_| false,
            is_seen: &|cell| cell / MATTE_CELLS > 2,
        })
    }

    #[test]
    fn a_doubtful_cell_is_what_it_looks_like() {
        let added = evidence(|x| if x < 64 { BROWN } else { GREEN });
        let at = |x: usize, y: usize| added[y * MATTE_CELLS + x];
        assert!(at(40, 90) > 2.0, "hair that only one view has seen: {}", at(40, 90));
        assert!(at(90, 90) < 0.0, "landscape: {}", at(90, 90));
        assert!(at(60, 30) == 0.0 && at(10, 30) == 0.0, "where all are sure nothing is added");
    }

    #[test]
    fn a_colour_that_nothing_has_says_nothing() {
        let added = evidence(|_| [0.9, 0.1, 0.9]);
        // What they say together, as far as it counts, instead of all of it.
        let views = -VIEWS_COUNT + 1.0;
        assert!((added[90 * MATTE_CELLS + 60] - views).abs() < 0.05, "the views' own odds: {}", added[90 * MATTE_CELLS + 60]);
    }
}
