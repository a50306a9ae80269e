//! Times the tensor operations against this machine's roofs: `cargo bench --bench ops [-- --json] [-- --only conv]`.
//!
//! The arithmetic roof is measured by multiply-adds that stay in registers, the memory roof by copying; both with as many threads as the operations use
//! (`RAYON_NUM_THREADS`). Best of several runs.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Result, Shape, Tensor, Var};
use rayon::prelude::*;
use retrato::bench::roof_gflops;
use retrato::nn::ops::{self, Activation, Statistics};

/// Batch, side, channels in and out, kernel, stride: the motion net's layers and those of a generator.
const CONVOLUTIONS: [[usize; 6]; 12] = [
    [1, 128, 32, 32, 3, 1],
    [1, 64, 64, 64, 3, 1],
    [1, 32, 128, 128, 3, 1],
    [1, 32, 128, 128, 1, 1],
    [8, 64, 28, 32, 3, 1],
    [8, 64, 32, 64, 3, 2],
    [8, 32, 64, 64, 3, 1],
    [8, 16, 96, 96, 3, 1],
    [8, 16, 224, 96, 3, 1],
    [8, 8, 128, 128, 3, 1],
    [8, 32, 128, 64, 3, 1],
    [8, 64, 64, 32, 3, 1],
];

/// Measured for at least this long, and at least [`LEAST_RUNS`] times.
const LONG_ENOUGH: Duration = Duration::from_millis(150);
const LEAST_RUNS: usize = 5;

/// Best time of several runs, in seconds.
fn best(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    run()?;
    let start = Instant::now();
    let mut best = f64::INFINITY;
    let mut runs = 0;
    while runs < LEAST_RUNS || start.elapsed() < LONG_ENOUGH {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed().as_secs_f64());
        runs += 1;
    }
    Ok(best)
}

/// GB/s read and written by copying what no cache holds.
fn memory_roof() -> f64 {
    let from = vec![1.0_f32; 32 << 20];
    let mut to = vec![0.0_f32; from.len()];
    (0..5)
        .map(|_| {
            let start = Instant::now();
            to.par_chunks_mut(1 << 20).zip(from.par_chunks(1 << 20)).for_each(|(to, from)| to.copy_from_slice(from));
            black_box(&to);
            (8 * from.len()) as f64 / start.elapsed().as_secs_f64() / 1e9
        })
        .fold(0.0, f64::max)
}

struct Printer {
    json: bool,
    arithmetic: f64,
    memory: f64,
}

impl Printer {
    fn arithmetic(&self, name: &str, pass: &str, seconds: f64, flops: f64) {
        let rate = flops / seconds / 1e9;
        if self.json {
            println!(
                "{}",
                serde_json::json!({"op": name, "pass": pass, "ms": seconds * 1e3, "gflops": rate, "of_roof": rate / self.arithmetic})
            );
        } else {
            println!(
                "{name:34} {pass:16} {:9.3} ms {rate:7.0} GFLOP/s {:5.0} % of the roof",
                seconds * 1e3,
                100.0 * rate / self.arithmetic
            );
        }
    }

    fn memory(&self, name: &str, pass: &str, seconds: f64, numbers: usize) {
        let rate = (4 * numbers) as f64 / seconds / 1e9;
        if self.json {
            println!("{}", serde_json::json!({"op": name, "pass": pass, "ms": seconds * 1e3, "gbs": rate, "of_roof": rate / self.memory}));
        } else {
            println!("{name:34} {pass:16} {:9.3} ms {rate:7.1} GB/s    {:5.0} % of the roof", seconds * 1e3, 100.0 * rate / self.memory);
        }
    }
}

fn random(shape: &[usize]) -> Result<Var> {
    Var::randn(0.0_f32, 0.3, shape, &Device::Cpu)
}

/// A scalar from which a given gradient reaches its argument: nothing but the operation before it is timed.
struct Given(Tensor);

impl CustomOp1 for Given {
    fn name(&self) -> &'static str {
        "given"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(vec![0.0]), Shape::from(())))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, _: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(self.0.clone()))
    }
}

fn convolution(printer: &Printer, [batch, side, from, to, size, stride]: [usize; 6]) -> Result<()> {
    let (x, kernel, bias) = (random(&[batch, side, side, from])?, random(&[size, size, from, to])?, random(&[to])?);
    let (frozen, frozen_kernel, frozen_bias) = (x.as_detached_tensor(), kernel.as_detached_tensor(), bias.as_detached_tensor());
    let flops = ops::conv_flops(x.shape(), kernel.shape(), stride)? as f64;
    let name = format!("conv {batch}x{side}x{side} {from}-{to} k{size} s{stride}");
    let forward = best(|| ops::conv(&frozen, &frozen_kernel, &frozen_bias, stride, Activation::Linear).map(|y| drop(black_box(y))))?;
    printer.arithmetic(&name, "forward", forward, flops);
    let gradient = Tensor::ones((batch, side / stride, side / stride, to), DType::F32, &Device::Cpu)?;
    let both = best(|| {
        let y = ops::conv(&x, &kernel, &bias, stride, Activation::Linear)?;
        y.apply_op1(Given(gradient.clone()))?.backward().map(|g| drop(black_box(g)))
    })?;
    printer.arithmetic(&name, "with gradients", both, 3.0 * flops);
    Ok(())
}

/// An operation that moves numbers: `numbers` are read and written by its forward pass, about three times as many with gradients.
fn mover(printer: &Printer, name: &str, numbers: usize, run: impl Fn() -> Result<Tensor>) -> Result<()> {
    printer.memory(name, "forward", best(|| run().map(|y| drop(black_box(y))))?, numbers);
    let both = best(|| run()?.sum_all()?.backward().map(|g| drop(black_box(g))))?;
    printer.memory(name, "with gradients", both, 3 * numbers);
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let json = arguments.iter().any(|a| a == "--json");
    let printer = Printer { json, arithmetic: roof_gflops(), memory: memory_roof() };
    let threads = rayon::current_num_threads();
    if json {
        println!("{}", serde_json::json!({"threads": threads, "roof_gflops": printer.arithmetic, "roof_gbs": printer.memory}));
    } else {
        println!("{threads} threads; roofs: {:.0} GFLOP/s, {:.1} GB/s copied", printer.arithmetic, printer.memory);
    }
    for shape in CONVOLUTIONS {
        convolution(&printer, shape)?;
    }
    if arguments.iter().any(|a| a == "conv") {
        return Ok(());
    }
    let x = random(&[8, 64, 64, 64])?;
    let (scale, shift) = (random(&[8, 64])?, random(&[8, 64])?);
    let count = x.elem_count();
    mover(&printer, "adain 8x64x64x64", 2 * count, || ops::adain(&x, &scale, &shift, Statistics::Instance, Activation::LeakyRelu(0.1)))?;
    mover(&printer, "film 8x64x64x64", 2 * count, || ops::adain(&x, &scale, &shift, Statistics::None, Activation::LeakyRelu(0.1)))?;
    mover(&printer, "average pool 8x64x64x64", count + count / 4, || ops::average_pool(&x, 2))?;
    mover(&printer, "nearest 8x64x64x64", 5 * count, || ops::upsample_nearest(&x, 2))?;
    mover(&printer, "bilinear 8x64x64x64", 5 * count, || ops::upsample_bilinear(&x))?;
    let (image, flow) = (random(&[8, 128, 128, 3])?, random(&[8, 128, 128, 2])?);
    mover(&printer, "grid sample 8x128x128x3", 2 * image.elem_count() + flow.elem_count(), || ops::grid_sample(&image, &flow))
}
