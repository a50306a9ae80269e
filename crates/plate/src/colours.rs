//! Local colour models: what the head and the rest look like near a place, and how much of each a colour is made of.

use glam::Vec3;
use rayon::prelude::*;

use crate::grid::CellGrid;
use crate::lab::lab;
use crate::prior::Trimap;

/// Distance between places at which models are made, and how far their samples lie to each side, in cells.
const SPACING: usize = 12;
const REACH: usize = 30;
/// The same for samples of the head: its hair is alike all over, and next to a place in doubt there may be nothing but the face. Tuned by
/// eye on `mona_lisa` and `girl_with_a_pearl_earring`.
const HEAD_REACH: usize = 90;
/// Colours in a model, and passes to find them.
const CLUSTERS: usize = 5;
const PASSES: usize = 5;
/// Every so many cells one sample, in both directions.
const STRIDE: usize = 2;
/// Least number of samples of a model.
const LEAST: usize = 12;
/// Variance of colours that is always there: noise and brushwork. Colours are 0 to 1.
const LEAST_VARIANCE: f32 = 0.0012;
/// The same in CIE L*a*b* by hundred.
const LEAST_LAB_VARIANCE: f32 = 0.0009;

/// One colour of a model.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    mean: Vec3,
    /// Of each channel.
    variance: f32,
    /// The same in L*a*b*, in which colours are told apart: dark ones differ little in sRGB.
    lab: Vec3,
    lab_variance: f32,
    /// Share of the samples.
    weight: f32,
}

type Model = Vec<Cluster>;

/// What a colour says about a cell: share of head and how much that counts, 0 to 1.
pub(crate) type Estimate = (f32, f32);

/// Models of head and rest for squares of the plane.
pub(crate) struct LocalColours {
    nodes: CellGrid<Option<usize>>,
    models: Vec<[Model; 2]>,
}

impl LocalColours {
    /// From the cells that are known.
    pub(crate) fn new(colours: &CellGrid<Vec3>, known: &CellGrid<Trimap>) -> Self {
        let size = colours.size().map(|cells| cells.div_ceil(SPACING));
        let needed = CellGrid::from_fn(size, |x, y| {
            let span = |n: usize, cells: usize| n.saturating_sub(1) * SPACING..((n + 2) * SPACING).min(cells);
            span(y, colours.height).any(|y| span(x, colours.width).any(|x| known.cells[y * known.width + x] == Trimap::Open))
        });
        let wanted: Vec<usize> = (0..needed.cells.len()).filter(|node| needed.cells[*node]).collect();
        let models = wanted.par_iter().map(|node| {
            let middle = [node % size[0], node / size[0]].map(|n| n * SPACING + SPACING / 2);
            [Trimap::Head, Trimap::Rest].map(|of| model(colours, known, middle, of))
        });
        let models = models.collect();
        let mut nodes = needed.map(|_| None);
        for (n, node) in wanted.iter().enumerate() {
            nodes.cells[*node] = Some(n);
        }
        Self { nodes, models }
    }

    /// What the models about a cell say of a colour there; `prior` is the share of head that is expected.
    pub(crate) fn estimate(&self, x: usize, y: usize, colour: Vec3, prior: f32) -> Estimate {
        let place = |n: usize| (n as f32 + 0.5) / SPACING as f32 - 0.5;
        let (px, py) = (place(x), place(y));
        let (mut sum, mut mass, mut all) = (0.0, 0.0, 0.0);
        for (i, j) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (nx, ny) = (px.floor() + i as f32, py.floor() + j as f32);
            let share = (1.0 - (px - nx).abs()) * (1.0 - (py - ny).abs());
            let Some([head, rest]) = self.nodes.near(nx as isize, ny as isize).and_then(|n| self.models.get(n)) else { continue };
            all += share;
            if let Some((alpha, weight)) = estimate(head, rest, colour, prior) {
                sum += share * weight * alpha;
                mass += share * weight;
            }
        }
        if mass > 1e-6 { (sum / mass, mass / all.max(1e-6)) } else { (prior, 0.0) }
    }
}

fn model(colours: &CellGrid<Vec3>, known: &CellGrid<Trimap>, [x, y]: [usize; 2], of: Trimap) -> Model {
    let (reach, stride) = if of == Trimap::Head { (HEAD_REACH, STRIDE * HEAD_REACH / REACH) } else { (REACH, STRIDE) };
    let span = |at: usize, cells: usize| (at.saturating_sub(reach)..(at + reach).min(cells)).step_by(stride);
    let mut samples: Vec<Vec3> = Vec::new();
    for row in span(y, colours.height) {
        let cells = span(x, colours.width).map(|column| row * colours.width + column).filter(|cell| known.cells[*cell] == of);
        samples.extend(cells.map(|cell| colours.cells[cell]));
    }
    if samples.len() < LEAST {
        return Vec::new();
    }
    clusters(&mut samples)
}

/// Lloyd's means, begun at equal parts of the samples by brightness.
fn clusters(samples: &mut [Vec3]) -> Model {
    samples.sort_by(|a, b| a.element_sum().total_cmp(&b.element_sum()));
    let mut means: [Vec3; CLUSTERS] = std::array::from_fn(|k| samples[(2 * k + 1) * samples.len() / (2 * CLUSTERS)]);
    let nearest = |means: &[Vec3; CLUSTERS], colour: Vec3| {
        (0..CLUSTERS).min_by(|a, b| means[*a].distance_squared(colour).total_cmp(&means[*b].distance_squared(colour))).unwrap_or(0)
    };
    for _ in 0..PASSES {
        let mut sums = [(Vec3::ZERO, 0.0_f32); CLUSTERS];
        for colour in samples.iter() {
            let (sum, count) = &mut sums[nearest(&means, *colour)];
            *sum += *colour;
            *count += 1.0;
        }
        for (mean, (sum, count)) in means.iter_mut().zip(&sums) {
            if *count > 0.0 {
                *mean = *sum / *count;
            }
        }
    }
    let labs = means.map(lab);
    let mut off = [(0.0_f32, 0.0_f32, 0.0_f32); CLUSTERS];
    for colour in samples.iter() {
        let k = nearest(&means, *colour);
        off[k].0 += means[k].distance_squared(*colour);
        off[k].1 += labs[k].distance_squared(lab(*colour));
        off[k].2 += 1.0;
    }
    let cluster = |k: usize| {
        let (squares, lab_squares, count) = off[k];
        Cluster {
            mean: means[k],
            variance: LEAST_VARIANCE + squares / (3.0 * count.max(1.0)),
            lab: labs[k],
            lab_variance: LEAST_LAB_VARIANCE + lab_squares / (3.0 * count.max(1.0)),
            weight: count / samples.len() as f32,
        }
    };
    (0..CLUSTERS).map(cluster).filter(|cluster| cluster.weight > 0.01).collect()
}

/// `None` where one of the models is missing.
fn estimate(head: &Model, rest: &Model, colour: Vec3, prior: f32) -> Option<Estimate> {
    if head.is_empty() || rest.is_empty() {
        return None;
    }
    let prior = prior.clamp(0.05, 0.95);
    let seen = lab(colour);
    let alike = |c: &Cluster| (-0.5 * c.lab.distance_squared(seen) / c.lab_variance).exp();
    let density =
        |model: &Model| -> f32 { model.iter().map(|c| c.weight * alike(c) * (LEAST_LAB_VARIANCE / c.lab_variance).powf(1.5)).sum() };
    // How well a colour is one of the model's, whatever its share.
    let fit = |model: &Model| -> f32 { model.iter().map(alike).fold(0.0, f32::max) };
    let (of_head, of_rest) = (prior * density(head), (1.0 - prior) * density(rest));
    let pure = of_head / (of_head + of_rest).max(1e-12);
    let pure_fit = fit(head).max(fit(rest));
    let (mixed, mixed_fit) = mixture(head, rest, colour, prior);
    let pure_weight = pure_fit * (2.0 * pure - 1.0).abs();
    let mixed_weight = (1.0 - pure_fit) * mixed_fit;
    let weight = pure_weight + mixed_weight;
    (weight > 1e-6).then(|| ((pure_weight * pure + mixed_weight * mixed) / weight, weight.min(1.0)))
}

/// The pair of colours, one of each model, between which a colour lies best, as the share of head and how well it does.
fn mixture(head: &Model, rest: &Model, colour: Vec3, prior: f32) -> Estimate {
    let mut best = (prior, 0.0);
    for f in head {
        for b in rest {
            let line = f.mean - b.mean;
            let length = line.length_squared();
            let alpha = ((colour - b.mean).dot(line) / length.max(1e-6)).clamp(0.0, 1.0);
            let off = (b.mean + alpha * line).distance_squared(colour);
            let variance = alpha * alpha * f.variance + (1.0 - alpha) * (1.0 - alpha) * b.variance + LEAST_VARIANCE;
            // Two colours that are alike say nothing about their shares.
            let apart = length / (length + 8.0 * (f.variance + b.variance));
            let fit = (-0.5 * off / variance).exp() * apart * (1.0 - 0.5 * (alpha - prior).abs());
            if fit > best.1 {
                best = (alpha, fit);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_tell_head_from_rest_and_mixtures_where_they_differ_and_nothing_where_they_do_not() {
        let (hair, leaves) = (Vec3::new(0.25, 0.15, 0.1), Vec3::new(0.3, 0.7, 0.3));
        let known = CellGrid::from_fn([72, 72], |x, _| match x {
            0..30 => Trimap::Head,
            30..42 => Trimap::Open,
            _ => Trimap::Rest,
        });
        let colours = |right: Vec3| CellGrid::from_fn([72, 72], |x, _| if x < 36 { hair } else { right });
        let models = LocalColours::new(&colours(leaves), &known);
        for (share, prior) in [(1.0, 0.3), (0.0, 0.7), (0.4, 0.5), (0.7, 0.5)] {
            let (alpha, weight) = models.estimate(34, 36, leaves.lerp(hair, share), prior);
            assert!((alpha - share).abs() < 0.05 && weight > 0.4, "{share}: {alpha}, {weight}");
        }
        let (_, weight) = LocalColours::new(&colours(hair), &known).estimate(34, 36, hair, 0.5);
        assert!(weight < 0.02, "the same colour on both sides says nothing: {weight}");
    }
}
