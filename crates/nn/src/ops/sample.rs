//! Grid sampling: a picture fetched along a backward flow.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::access::{numbers, slice, tensor};
use super::plain;

/// The picture seen along a backward flow, bilinear, the border repeated.
///
/// `image` is `[batch, height, width, channels]`; `flow` is `[batch, h, w, 2]`: for the centre of every cell of an `h` x `w` grid over the same square, the
/// displacement (x, y) to its source, in cells of the image. The result is `[batch, h, w, channels]`. Both arguments get gradients; at whole
/// pixels, where the bilinear surface has a kink, the flow's gradient is that of the square to the lower right.
pub fn grid_sample(image: &Tensor, flow: &Tensor) -> Result<Tensor> {
    shape_of(image.shape(), flow.shape())?;
    if image.device().is_cpu() { image.contiguous()?.apply_op2(&flow.contiguous()?, GridSample) } else { plain::grid_sample(image, flow) }
}

#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    height: usize,
    width: usize,
    channels: usize,
    rows: usize,
    columns: usize,
}

fn shape_of(image: &Shape, flow: &Shape) -> Result<Sizes> {
    let (batch, height, width, channels) = image.dims4()?;
    let (flows, rows, columns, two) = flow.dims4()?;
    if flows != batch || two != 2 || height == 0 || width == 0 || rows == 0 || columns == 0 {
        bail!("no picture of {image:?} can be fetched along {flow:?}");
    }
    Ok(Sizes { batch, height, width, channels, rows, columns })
}

/// Where one coordinate falls: the two neighbours, the weight of the second, and whether it moves with the coordinate (not when clamped).
pub struct LinearTap {
    pub low: usize,
    pub high: usize,
    pub weight: f32,
    free: bool,
}

/// Where `at` lies among the pixels of a side, held to its ends.
pub fn place(at: f32, side: usize) -> LinearTap {
    let last = (side - 1) as f32;
    let free = at > 0.0 && at < last;
    // A NaN lands on the first pixel instead of nowhere.
    let at = if at.is_nan() { 0.0 } else { at.clamp(0.0, last) };
    let low = (at as usize).min(side - 1);
    LinearTap { low, high: (low + 1).min(side - 1), weight: at - low as f32, free }
}

impl Sizes {
    /// The two places for a cell, x first.
    fn places(&self, row: usize, column: usize, flow: &[f32]) -> [LinearTap; 2] {
        let centre = |at: usize, cells: usize, side: usize| (at as f32 + 0.5) * (side as f32 / cells as f32) - 0.5;
        [
            place(centre(column, self.columns, self.width) + flow[0], self.width),
            place(centre(row, self.rows, self.height) + flow[1], self.height),
        ]
    }

    /// Starts of the four pixels of a pair of places, row by row.
    fn corners(&self, [x, y]: &[LinearTap; 2]) -> [usize; 4] {
        let at = |y: usize, x: usize| (y * self.width + x) * self.channels;
        [at(y.low, x.low), at(y.low, x.high), at(y.high, x.low), at(y.high, x.high)]
    }
}

/// Weights of the four corners.
fn weights([x, y]: &[LinearTap; 2]) -> [f32; 4] {
    let (p, q) = (x.weight, y.weight);
    [(1.0 - p) * (1.0 - q), p * (1.0 - q), (1.0 - p) * q, p * q]
}

struct GridSample;

impl CustomOp2 for GridSample {
    fn name(&self) -> &'static str {
        "grid-sample"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let sizes = shape_of(l1.shape(), l2.shape())?;
        let (image, flow) = (slice(s1, l1)?, slice(s2, l2)?);
        let channels = sizes.channels;
        let one = sizes.height * sizes.width * channels;
        let mut out = vec![0.0_f32; sizes.batch * sizes.rows * sizes.columns * channels];
        out.par_chunks_mut((sizes.columns * channels).max(1)).enumerate().for_each(|(row, out)| {
            let image = &image[row / sizes.rows * one..][..one];
            let flow = &flow[row * sizes.columns * 2..][..sizes.columns * 2];
            for (column, (pixel, flow)) in out.chunks_exact_mut(channels).zip(flow.chunks_exact(2)).enumerate() {
                let places = sizes.places(row % sizes.rows, column, flow);
                let (corners, weights) = (sizes.corners(&places), weights(&places));
                for (c, value) in pixel.iter_mut().enumerate() {
                    *value = (0..4).map(|k| weights[k] * image[corners[k] + c]).sum();
                }
            }
        });
        Ok((CpuStorage::F32(out), (sizes.batch, sizes.rows, sizes.columns, channels).into()))
    }

    fn bwd(&self, image: &Tensor, flow: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let sizes = shape_of(image.shape(), flow.shape())?;
        let gradient = gradient.contiguous()?;
        let (pixels, displacement, g) = (numbers(image)?, numbers(flow)?, numbers(&gradient)?);
        let one = sizes.height * sizes.width * sizes.channels;
        let cells = sizes.rows * sizes.columns;
        let mut to_flow = vec![0.0_f32; sizes.batch * cells * 2];
        let mut to_image = vec![0.0_f32; if image.track_op() { sizes.batch * one } else { 0 }];
        // One picture at a time: its cells may fall on the same pixels.
        let images: Vec<Option<&mut [f32]>> = if to_image.is_empty() {
            (0..sizes.batch).map(|_| None).collect()
        } else {
            to_image.chunks_mut(one.max(1)).map(Some).collect()
        };
        to_flow.par_chunks_mut(cells * 2).zip(images).enumerate().for_each(|(b, (to_flow, mut to_image))| {
            let (pixels, displacement, g) =
                (&pixels[b * one..][..one], &displacement[b * cells * 2..][..cells * 2], &g[b * cells * sizes.channels..]);
            for (cell, (to, flow)) in to_flow.chunks_exact_mut(2).zip(displacement.chunks_exact(2)).enumerate() {
                let places = sizes.places(cell / sizes.columns, cell % sizes.columns, flow);
                let corners = sizes.corners(&places);
                let g = &g[cell * sizes.channels..][..sizes.channels];
                to.copy_from_slice(&slope(pixels, g, &places, corners));
                if let Some(image) = to_image.as_mut() {
                    for (corner, weight) in corners.into_iter().zip(weights(&places)) {
                        image[corner..corner + g.len()].iter_mut().zip(g).for_each(|(o, g)| *o += weight * g);
                    }
                }
            }
        });
        let of_image = if to_image.is_empty() { None } else { Some(tensor(to_image, image.shape())?) };
        Ok((of_image, Some(tensor(to_flow, flow.shape())?)))
    }
}

/// Gradient with respect to the two coordinates of one cell.
fn slope(pixels: &[f32], g: &[f32], [x, y]: &[LinearTap; 2], corners: [usize; 4]) -> [f32; 2] {
    let (mut dx, mut dy) = (0.0, 0.0);
    for (c, g) in g.iter().enumerate() {
        let [a, b, d, e] = corners.map(|at| pixels[at + c]);
        dx += g * ((b - a) * (1.0 - y.weight) + (e - d) * y.weight);
        dy += g * ((d - a) * (1.0 - x.weight) + (e - b) * x.weight);
    }
    [if x.free { dx } else { 0.0 }, if y.free { dy } else { 0.0 }]
}
