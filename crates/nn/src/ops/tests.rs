//! Every operation against finite differences and against the library's own operations.

use candle_core::{Device, Result, Tensor, Var};
use glam::Vec2;

use super::*;

/// Deterministic numbers in -1..1.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn variable(shape: &[usize], seed: u32) -> Result<Var> {
    Var::from_vec(numbers(shape.iter().product(), seed), shape, &Device::Cpu)
}

fn largest_difference(a: &Tensor, b: &Tensor) -> Result<f32> {
    let difference = (a - b)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
    let size = b.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
    Ok(difference / size.max(1e-3))
}

/// A weighted sum whose gradient reaches every output number differently.
fn score(output: &Tensor) -> Result<Tensor> {
    let weights = Tensor::from_vec(numbers(output.elem_count(), 99), output.shape(), &Device::Cpu)?;
    (output * weights)?.sum_all()
}

/// Both forms of an operation give the same numbers and the same gradients.
fn agree(name: &str, inputs: &[&Var], ours: impl Fn() -> Result<Tensor>, plain: impl Fn() -> Result<Tensor>) -> Result<()> {
    let (a, b) = (ours()?, plain()?);
    assert_eq!(a.dims(), b.dims(), "{name}: shapes");
    let forward = largest_difference(&a, &b)?;
    assert!(forward < 1e-5, "{name}: outputs differ by {forward}");
    let (ga, gb) = (score(&a)?.backward()?, score(&b)?.backward()?);
    for (i, input) in inputs.iter().enumerate() {
        let (Some(x), Some(y)) = (ga.get(input), gb.get(input)) else { panic!("{name}: input {i} has no gradient") };
        let backward = largest_difference(x, y)?;
        assert!(backward < 3e-5, "{name}: gradients of input {i} differ by {backward}");
    }
    Ok(())
}

/// Central differences in a few places of every input.
fn differences(name: &str, inputs: &[&Var], step: f32, compute: impl Fn() -> Result<Tensor>) -> Result<()> {
    let gradients = score(&compute()?)?.backward()?;
    for (i, input) in inputs.iter().enumerate() {
        let gradient = gradients.get(input).map(Tensor::flatten_all).transpose()?.map(|g| g.to_vec1::<f32>()).transpose()?;
        let Some(gradient) = gradient else { panic!("{name}: input {i} has no gradient") };
        let original = input.flatten_all()?.to_vec1::<f32>()?;
        let largest = gradient.iter().fold(0.0_f32, |m, g| m.max(g.abs()));
        for at in (0..original.len()).step_by((original.len() / 7).max(1)) {
            let moved = |by: f32| -> Result<f64> {
                let mut values = original.clone();
                values[at] += by;
                input.set(&Tensor::from_vec(values, input.shape(), &Device::Cpu)?)?;
                score(&compute()?.to_dtype(candle_core::DType::F64)?.to_dtype(candle_core::DType::F32)?)?.to_scalar::<f32>().map(f64::from)
            };
            let slope = ((moved(step)? - moved(-step)?) / (2.0 * f64::from(step))) as f32;
            input.set(&Tensor::from_vec(original.clone(), input.shape(), &Device::Cpu)?)?;
            let error = (slope - gradient[at]).abs();
            assert!(error < 0.02 * largest.max(1.0), "{name}: input {i} at {at}: slope {slope}, gradient {}", gradient[at]);
        }
    }
    Ok(())
}

#[test]
fn convolutions_agree_with_shifted_matrix_products() -> Result<()> {
    // Batch, height, width, channels in and out, stride, kernel: odd sizes, several blocks of columns, every stride and kernel.
    let cases = [
        (2, 8, 8, 5, 7, 1, 3),
        (2, 8, 12, 5, 33, 2, 3),
        (1, 6, 10, 3, 40, 1, 1),
        (2, 8, 8, 4, 20, 2, 1),
        (1, 16, 16, 40, 70, 2, 3),
        (1, 2, 34, 40, 70, 1, 3),
    ];
    for (batch, height, width, channels_in, channels_out, stride, size) in cases {
        let x = variable(&[batch, height, width, channels_in], 1)?;
        let kernel = variable(&[size, size, channels_in, channels_out], 2)?;
        let bias = variable(&[channels_out], 3)?;
        tiles::with_every_width(|| {
            for activation in [Activation::Linear, Activation::LeakyRelu(0.1)] {
                let name = format!("conv {size}x{size} stride {stride} {channels_in} to {channels_out}");
                let ours = || conv(&x, &kernel, &bias, stride, activation);
                agree(&name, &[&x, &kernel, &bias], ours, || plain::conv(&x, &kernel, &bias, stride, activation))?;
            }
            Ok::<(), candle_core::Error>(())
        })?;
        differences("conv", &[&x, &kernel, &bias], 0.01, || conv(&x, &kernel, &bias, stride, Activation::Linear))?;
    }
    Ok(())
}

#[test]
fn convolution_matches_recorded_values() -> Result<()> {
    // A 3x3 kernel on the numbers 0 to 8, worked out by hand: the kernel 1..9 read at the middle, an edge and a corner.
    let x = Tensor::arange(0.0_f32, 9.0, &Device::Cpu)?.reshape((1, 3, 3, 1))?;
    let kernel = Tensor::arange(1.0_f32, 10.0, &Device::Cpu)?.reshape((3, 3, 1, 1))?;
    let bias = Tensor::new(&[0.5_f32], &Device::Cpu)?;
    let y = conv(&x, &kernel, &bias, 1, Activation::Linear)?.flatten_all()?.to_vec1::<f32>()?;
    assert_eq!(y, [66.5, 115.5, 82.5, 153.5, 240.5, 159.5, 90.5, 133.5, 82.5], "cross-correlation with zero padding");
    Ok(())
}

#[test]
fn wrong_shapes_are_refused_with_a_message() -> Result<()> {
    let x = variable(&[1, 7, 8, 3], 1)?;
    let kernel = variable(&[3, 3, 3, 4], 2)?;
    let bias = variable(&[4], 3)?;
    let odd = conv(&x, &kernel, &bias, 2, Activation::Linear);
    assert!(odd.is_err_and(|e| e.to_string().contains("stride 2")), "7 rows at stride 2");
    let (long, flow, skip) = (variable(&[5], 1)?, variable(&[2, 4, 4, 2], 1)?, variable(&[1, 14, 17, 1], 1)?);
    assert!(conv(&x, &kernel, &long, 1, Activation::Linear).is_err(), "a bias too long");
    assert!(average_pool(&x, 2).is_err(), "7 rows in pairs");
    assert!(grid_sample(&x, &flow).is_err(), "two flows for one picture");
    assert!(upsample_beside(&x, &skip).is_err(), "a skip of another size");
    Ok(())
}

#[test]
fn adain_agrees_and_its_gradients_are_slopes() -> Result<()> {
    let x = variable(&[2, 6, 5, 4], 1)?;
    let (scale, shift) = (variable(&[2, 4], 2)?, variable(&[2, 4], 3)?);
    for statistics in [Statistics::Instance, Statistics::None] {
        let ours = || adain(&x, &scale, &shift, statistics, Activation::LeakyRelu(0.2));
        agree("adain", &[&x, &scale, &shift], ours, || plain::adain(&x, &scale, &shift, statistics, Activation::LeakyRelu(0.2), 1e-5))?;
        differences("adain", &[&x, &scale, &shift], 0.003, || adain(&x, &scale, &shift, statistics, Activation::Linear))?;
    }
    Ok(())
}

#[test]
fn adain_in_instance_form_has_the_statistics_it_was_given() -> Result<()> {
    let x = (variable(&[1, 32, 32, 2], 4)?.as_tensor() * 5.0)?;
    let scale = Tensor::new(&[[1.0_f32, -0.5]], &Device::Cpu)?;
    let shift = Tensor::new(&[[3.0_f32, -1.0]], &Device::Cpu)?;
    let y = adain(&x, &scale, &shift, Statistics::Instance, Activation::Linear)?.reshape((1024, 2))?;
    let mean = y.mean(0)?.to_vec1::<f32>()?;
    let deviation = y.broadcast_sub(&y.mean_keepdim(0)?)?.sqr()?.mean(0)?.sqrt()?.to_vec1::<f32>()?;
    assert!((mean[0] - 3.0).abs() < 1e-3 && (mean[1] + 1.0).abs() < 1e-3, "means are the shifts: {mean:?}");
    assert!((deviation[0] - 2.0).abs() < 1e-3 && (deviation[1] - 0.5).abs() < 1e-3, "deviations are 1 + scale: {deviation:?}");
    Ok(())
}

#[test]
fn resizing_agrees_and_its_gradients_are_slopes() -> Result<()> {
    let x = variable(&[2, 6, 4, 3], 1)?;
    let skip = variable(&[2, 12, 8, 5], 2)?;
    agree("average pool", &[&x], || average_pool(&x, 2), || plain::average_pool(&x, 2))?;
    agree("nearest", &[&x], || upsample_nearest(&x, 3), || plain::upsample_nearest(&x, 3))?;
    agree("bilinear", &[&x], || upsample_bilinear(&x), || plain::upsample_bilinear(&x))?;
    let beside = || Tensor::cat(&[&plain::upsample_nearest(&x, 2)?, skip.as_tensor()], 3);
    agree("beside", &[&x, &skip], || upsample_beside(&x, &skip), beside)?;
    differences("bilinear", &[&x], 0.01, || upsample_bilinear(&x))?;
    differences("beside", &[&x, &skip], 0.01, || upsample_beside(&x, &skip))
}

#[test]
fn a_tensor_used_twice_gets_both_gradients() -> Result<()> {
    // The library's own enlargement forgets the first of them.
    let x = variable(&[1, 2, 2, 1], 1)?;
    let twice = (upsample_nearest(&x, 2)?.sum_all()? + (x.as_tensor() * 3.0)?.sum_all()?)?;
    let gradient = twice.backward()?.get(&x).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
    assert_eq!(gradient, Some(vec![7.0; 4]), "4 from the enlargement and 3 from the product");
    Ok(())
}

#[test]
fn grid_sampling_agrees_and_its_gradients_are_slopes() -> Result<()> {
    let image = variable(&[2, 8, 8, 3], 1)?;
    for cells in [4, 8, 16] {
        let flow =
            Var::from_vec(numbers(2 * cells * cells * 2, 5).iter().map(|v| v * 3.0 + 0.013).collect(), (2, cells, cells, 2), &Device::Cpu)?;
        agree("grid sample", &[&image, &flow], || grid_sample(&image, &flow), || plain::grid_sample(&image, &flow))?;
    }
    let flow = Var::from_vec(numbers(2 * 8 * 8 * 2, 6).iter().map(|v| v.signum() * 0.3).collect(), (2, 8, 8, 2), &Device::Cpu)?;
    differences("grid sample", &[&image, &flow], 0.01, || grid_sample(&image, &flow))
}

#[test]
fn no_flow_is_the_picture_itself_and_a_flow_of_one_is_the_neighbour() -> Result<()> {
    let image = Tensor::arange(0.0_f32, 16.0, &Device::Cpu)?.reshape((1, 4, 4, 1))?;
    let still = Tensor::zeros((1, 4, 4, 2), candle_core::DType::F32, &Device::Cpu)?;
    assert_eq!(grid_sample(&image, &still)?.flatten_all()?.to_vec1::<f32>()?, image.flatten_all()?.to_vec1::<f32>()?, "still");
    let right = Tensor::cat(&[&Tensor::ones((1, 4, 4, 1), candle_core::DType::F32, &Device::Cpu)?, &still.narrow(3, 0, 1)?], 3)?;
    let row = grid_sample(&image, &right)?.flatten_all()?.to_vec1::<f32>()?[..4].to_vec();
    assert_eq!(row, [1.0, 2.0, 3.0, 3.0], "the right neighbour, the border repeated");
    Ok(())
}

fn correspondences() -> Vec<Correspondences> {
    let points = |seed: u32| numbers(24, seed).chunks_exact(2).map(|p| Vec2::new(p[0], p[1]) * 20.0 + 32.0).collect::<Vec<_>>();
    (0..2).map(|b| Correspondences { source: points(10 + b), target: points(20 + b) }).collect()
}

#[test]
fn the_snap_agrees_with_its_matrices_and_its_gradients_are_slopes() -> Result<()> {
    let flow = variable(&[2, 32, 32, 2], 1)?;
    let pairs = correspondences();
    let on_other_device = || snap::composed_for_test(&flow, &pairs, 64.0);
    agree("snap", &[&flow], || landmark_snap(&flow, &pairs, 64.0), on_other_device)?;
    differences("snap", &[&flow], 0.05, || landmark_snap(&flow, &pairs, 64.0))
}

#[test]
fn a_snapped_flow_takes_a_landmark_to_its_source() -> Result<()> {
    let (source, target) = (Vec2::new(120.0, 90.0), Vec2::new(131.0, 97.0));
    let pair = Correspondences { source: vec![source; 3], target: vec![target; 3] };
    let flow = Tensor::zeros((1, 128, 128, 2), candle_core::DType::F32, &Device::Cpu)?;
    let snapped = landmark_snap(&flow, &[pair], 256.0)?;
    let cell = |v: f32| (v / 2.0) as usize;
    let at = snapped.narrow(1, cell(target.y), 1)?.narrow(2, cell(target.x), 1)?.flatten_all()?.to_vec1::<f32>()?;
    let missing = (Vec2::new(at[0], at[1]) - (source - target)).length();
    assert!(missing < 2.0, "of a displacement of 13 pixels {missing} are missing");
    let far = snapped.narrow(1, 10, 1)?.narrow(2, 10, 1)?.flatten_all()?.to_vec1::<f32>()?;
    assert_eq!(far, [0.0, 0.0], "far from landmarks nothing changes");
    Ok(())
}

#[test]
fn lips_that_part_are_not_taken_for_one_that_keeps_still() -> Result<()> {
    let lips = [Vec2::new(131.0, 97.0), Vec2::new(131.0, 103.0)];
    let pair = Correspondences { source: vec![lips[0] + Vec2::new(0.0, 4.0), lips[1] - Vec2::new(0.0, 4.0)], target: lips.to_vec() };
    let flow = Tensor::zeros((1, 128, 128, 2), candle_core::DType::F32, &Device::Cpu)?;
    let snapped = landmark_snap(&flow, &[pair], 256.0)?.squeeze(0)?.to_vec3::<f32>()?;
    let [up, down] = lips.map(|lip| snapped[(lip.y / 2.0) as usize][(lip.x / 2.0) as usize][1]);
    // A mean of what both miss would take them a third of the way.
    assert!(up - down > 0.55 * 8.0, "each lip goes its own way: {up} and {down} of 4 pixels");
    Ok(())
}
