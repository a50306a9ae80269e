//! Networks of convolutions on a graphics processor: `shaders/conv.wgsl`.
//!
//! Weights are uploaded once. All pictures between the layers have the size of the whole crop, so that a part of any size fits; the sizes of a frame come in a
//! uniform.

use glam::UVec2;

use super::kernels::Kernels;
use crate::gpu::{GROUP, Gpu, Uniform};
use crate::model::{FrozenLayer, GeneratorLayers, MotionLayers};
use crate::wgsl::Wgsl as _;
use crate::wgsl_struct;

/// Pixels of a group of threads for large pictures, across and down, and channels in fours.
const LARGE_GROUP: [u32; 3] = [2 * GROUP, GROUP, 2];
/// The same for small ones.
const SPLIT_GROUP: [u32; 3] = [GROUP, GROUP, 2];
/// Pictures that make fewer groups than this are small.
const FEW_GROUPS: u32 = 512;

wgsl_struct! {
    /// A layer, for its kernel.
    pub(super) struct LayerParams {
        /// In groups of four.
        channels_in: u32,
        channels_out: u32,
        /// 1 or 3; 1 or 2.
        kernel: u32,
        stride: u32,
        /// Pixels of the picture for one of the output, along each side.
        share: u32,
        /// Slope below zero of the activation behind the sums; 1 for none.
        slope: f32,
        /// Whether the input is multiplied by a gain, shifted and bent before, and the slope of that.
        modulated: bool,
        slope_before: f32,
        /// Whether something is added to the result.
        adds: bool,
        /// Whether the result lies behind those of other parts.
        joins: bool,
    }
}

wgsl_struct! {
    /// What a network makes in a frame: a uniform at a place that is said with the dispatch.
    pub(super) struct Extent {
        /// Width and height, in pixels of the picture.
        pub size: UVec2,
        /// Where a shared result begins, in fours of numbers.
        pub first: usize,
    }
}

/// A picture between layers.
#[derive(Clone)]
struct GpuPlane {
    buffer: wgpu::Buffer,
    /// Pixels of the crop for one of the picture, along each side, and channels.
    share: u32,
    channels: u32,
}

/// What a dispatch does.
#[derive(Clone, Copy)]
enum DispatchKind {
    Convolve,
    Enlarge,
    Beside,
}

/// One dispatch.
struct Dispatch {
    bindings: wgpu::BindGroup,
    work: DispatchKind,
    share: u32,
    channels: u32,
}

/// A network, ready to be run on parts of a crop.
pub(super) struct Network {
    steps: Vec<Dispatch>,
    input: wgpu::Buffer,
}

/// Makes buffers and steps.
struct Builder<'a> {
    gpu: &'a Gpu,
    kernels: &'a Kernels,
    /// An [`Extent`] at each place that one may be at.
    sizes: &'a wgpu::Buffer,
    /// Bound where a step has no use for one.
    nothing: wgpu::Buffer,
    steps: Vec<Dispatch>,
    crop: u32,
}

impl<'a> Builder<'a> {
    fn new(gpu: &'a Gpu, kernels: &'a Kernels, sizes: &'a wgpu::Buffer, crop: u32) -> Self {
        let usage = wgpu::BufferUsages::STORAGE;
        let nothing =
            gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some("nothing"), size: 16, usage, mapped_at_creation: false });
        Self { gpu, kernels, sizes, nothing, steps: Vec::new(), crop }
    }

    fn buffer(&self, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let usage = usage | wgpu::BufferUsages::COPY_DST;
        self.gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: bytes, usage, mapped_at_creation: false })
    }

    fn uploaded(&self, label: &str, bytes: &[u8]) -> wgpu::Buffer {
        let buffer = self.buffer(label, bytes.len() as u64, wgpu::BufferUsages::STORAGE);
        self.gpu.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    fn plane(&self, label: &str, share: u32, channels: u32) -> GpuPlane {
        let cells = (self.crop / share).pow(2);
        let bytes = self.kernels.precision.bytes((cells * channels) as usize);
        let buffer = self.buffer(label, bytes, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        GpuPlane { buffer, share, channels }
    }

    fn step(&mut self, params: &LayerParams, buffers: [&wgpu::Buffer; 5], work: DispatchKind) {
        let params_buffer = Uniform::new(&self.gpu.device, &self.gpu.queue, "layer", params);
        let sizes = wgpu::BufferBinding { buffer: self.sizes, offset: 0, size: wgpu::BufferSize::new(Extent::SIZE as u64) };
        let first = [params_buffer.buffer().as_entire_binding(), wgpu::BindingResource::Buffer(sizes)];
        let all = first.into_iter().chain(buffers.into_iter().map(wgpu::Buffer::as_entire_binding));
        let bindings = self.kernels.conv.bind_parts(&self.gpu.device, all);
        self.steps.push(Dispatch { bindings, work, share: params.share, channels: params.channels_out });
    }

    /// A convolution of `from`, plus `add`.
    fn convolve(&mut self, label: &str, layer: &FrozenLayer, from: &GpuPlane, add: Option<&GpuPlane>) -> GpuPlane {
        let to = self.plane(label, from.share * layer.weights.stride as u32, layer.weights.bias.len() as u32);
        self.convolve_into(layer, from, add, &to.buffer, false);
        to
    }

    /// The same into a buffer; with `joins`, behind the results of other parts.
    fn convolve_into(&mut self, layer: &FrozenLayer, from: &GpuPlane, add: Option<&GpuPlane>, to: &wgpu::Buffer, joins: bool) {
        let (weights, slope_before) = (&layer.weights, layer.before.as_ref().map_or(1.0, |(_, slope)| *slope));
        let params = LayerParams {
            channels_in: from.channels / 4,
            channels_out: weights.bias.len() as u32 / 4,
            kernel: weights.size as u32,
            stride: weights.stride as u32,
            share: from.share * weights.stride as u32,
            slope: weights.slope,
            modulated: layer.before.is_some(),
            slope_before,
            adds: add.is_some(),
            joins,
        };
        let [gain, shift] = match &layer.before {
            Some((coefficients, _)) => coefficients.clone(),
            None => [vec![1.0; from.channels as usize], vec![0.0; from.channels as usize]],
        };
        let blocks = in_blocks(layer, from.channels as usize);
        let kernel = self.uploaded("kernel", &self.kernels.precision.packed(&blocks));
        let coefficients = [&weights.bias[..], &gain, &shift].concat();
        let coefficients = self.uploaded("coefficients", bytemuck::cast_slice(&coefficients));
        let nothing = self.nothing.clone();
        let add = add.map_or(&nothing, |plane| &plane.buffer);
        self.step(&params, [&kernel, &coefficients, &from.buffer, add, to], DispatchKind::Convolve);
    }

    /// `small`, every pixel twice in both directions, plus `skip`.
    fn enlarge(&mut self, label: &str, small: &GpuPlane, skip: &GpuPlane) -> GpuPlane {
        let to = self.plane(label, skip.share, skip.channels);
        self.enlarge_into(small, skip, &to, DispatchKind::Enlarge);
        to
    }

    /// `small`, every pixel twice in both directions, and behind its channels those of `skip`.
    fn beside(&mut self, label: &str, small: &GpuPlane, skip: &GpuPlane) -> GpuPlane {
        let to = self.plane(label, skip.share, small.channels + skip.channels);
        self.enlarge_into(small, skip, &to, DispatchKind::Beside);
        to
    }

    fn enlarge_into(&mut self, small: &GpuPlane, skip: &GpuPlane, to: &GpuPlane, work: DispatchKind) {
        let params =
            LayerParams { channels_in: small.channels / 4, channels_out: to.channels / 4, share: skip.share, ..LayerParams::zero() };
        let nothing = self.nothing.clone();
        self.step(&params, [&nothing, &nothing, &small.buffer, &skip.buffer, &to.buffer], work);
    }
}

/// Which entry makes a picture of that size and so many fours of channels, and in how many groups.
fn convolution(size: [u32; 3]) -> (usize, [u32; 3]) {
    let groups = |group: [u32; 3]| std::array::from_fn(|axis| size[axis].div_ceil(group[axis]));
    let large: [u32; 3] = groups(LARGE_GROUP);
    if large.iter().product::<u32>() < FEW_GROUPS { (1, groups(SPLIT_GROUP)) } else { (0, large) }
}

/// The kernel as the shader reads it: four outputs of one input behind each other, by place, inputs in fours and outputs in fours. Inputs beyond the layer's
/// own weigh nothing.
fn in_blocks(layer: &FrozenLayer, channels_in: usize) -> Vec<f32> {
    let (kernel, size, outputs) = (&layer.weights.kernel, layer.weights.size, layer.weights.bias.len());
    let inputs = kernel.len() / (size * size * outputs).max(1);
    let mut blocks = Vec::with_capacity(size * size * channels_in * outputs);
    for place in 0..size * size {
        for first_in in (0..channels_in).step_by(4) {
            for first_out in (0..outputs).step_by(4) {
                for input in first_in..first_in + 4 {
                    let row = |output: usize| ((place * inputs + input) * outputs) + output;
                    blocks.extend((first_out..first_out + 4).map(|output| if input < inputs { kernel[row(output)] } else { 0.0 }));
                }
            }
        }
    }
    blocks
}

impl Network {
    /// Uploads the generator of one person for parts of a crop of `crop` pixels; two by two pixels of the input have `channels` numbers, a multiple of 4. What
    /// the last layer gives goes to `heads`, where the part's size says.
    pub(super) fn generator(
        gpu: &Gpu,
        kernels: &Kernels,
        layers: &GeneratorLayers,
        (sizes, heads): (&wgpu::Buffer, &wgpu::Buffer),
        [crop, channels]: [u32; 2],
    ) -> Self {
        let mut b = Builder::new(gpu, kernels, sizes, crop);
        let input = b.plane("generator input", 2, channels);
        let [half, down4, same4, down8] = &layers.encoder;
        let half = b.convolve("half", half, &input, None);
        let quarter = b.convolve("down4", down4, &half, None);
        let quarter = b.convolve("same4", same4, &quarter, Some(&quarter));
        let mut x = b.convolve("down8", down8, &quarter, None);
        for [first, second] in &layers.blocks {
            let between = b.convolve("block, first", first, &x, None);
            x = b.convolve("block, second", second, &between, Some(&x));
        }
        let narrow = b.convolve("narrow4", &layers.narrow4, &x, None);
        x = b.enlarge("at a quarter", &narrow, &quarter);
        x = b.convolve("refine4", &layers.refine4, &x, Some(&x));
        let narrow = b.convolve("narrow2", &layers.narrow2, &x, None);
        x = b.enlarge("at half", &narrow, &half);
        for layer in &layers.refine2 {
            x = b.convolve("refine2", layer, &x, Some(&x));
        }
        b.convolve_into(&layers.head, &x, None, heads, true);
        Self { steps: b.steps, input: input.buffer }
    }

    /// Uploads the motion net for a picture of `side` cells with `channels` numbers each, a multiple of 4, and gives what its last layer writes to.
    pub(super) fn motion(
        gpu: &Gpu,
        kernels: &Kernels,
        layers: &MotionLayers,
        sizes: &wgpu::Buffer,
        [side, channels]: [u32; 2],
    ) -> (Self, wgpu::Buffer) {
        let mut b = Builder::new(gpu, kernels, sizes, side);
        let input = b.plane("motion input", 1, channels);
        let mut x = input.clone();
        let mut skips = Vec::new();
        for (level, convolutions) in layers.encoder.iter().enumerate() {
            for (k, layer) in convolutions.iter().enumerate() {
                let residual = level + 1 == layers.encoder.len() && k > 0;
                x = b.convolve("encoder", layer, &x, residual.then_some(&x.clone()));
            }
            skips.push(x.clone());
        }
        // The bottom is no skip of its own.
        skips.pop();
        for ((layer, narrow), skip) in layers.decoder.iter().zip(&layers.narrow).zip(skips.iter().rev()) {
            if let Some(narrow) = narrow {
                x = b.convolve("narrow", narrow, &x, None);
            }
            x = b.beside("beside", &x, skip);
            x = b.convolve("decoder", layer, &x, None);
        }
        let head = b.convolve("motion head", &layers.head, &x, None);
        (Self { steps: b.steps, input: input.buffer }, head.buffer)
    }

    /// Where the input goes: `[height, width, channels]` of a part.
    pub(super) fn input(&self) -> &wgpu::Buffer {
        &self.input
    }

    /// Runs the network on a part of `size` pixels across and down, which the sizes have at byte `place`.
    pub(super) fn run(&self, kernels: &Kernels, pass: &mut wgpu::ComputePass<'_>, size: [u32; 2], place: u32) {
        for step in &self.steps {
            let [across, down] = size.map(|s| s / step.share);
            let per_pixel = [across.div_ceil(GROUP), down.div_ceil(GROUP), step.channels];
            let (entry, groups) = match step.work {
                DispatchKind::Convolve => convolution([across, down, step.channels]),
                DispatchKind::Enlarge => (2, per_pixel),
                DispatchKind::Beside => (3, per_pixel),
            };
            kernels.conv.run_placed(pass, entry, &step.bindings, &[place], groups);
        }
    }
}

#[cfg(test)]
mod tests {
    use test_needs::needs;

    use super::super::precision::Precision;
    use super::*;
    use crate::gpu::read_floats;
    use crate::model::ConvWeights;
    use crate::random::Random;

    const CROP: u32 = 64;

    fn noise(count: usize, random: &mut Random) -> Vec<f32> {
        (0..count).map(|_| random.range(-1.0, 1.0)).collect()
    }

    fn bent(value: f32, slope: f32) -> f32 {
        if value < 0.0 { slope * value } else { value }
    }

    /// The layer as its formula says, for a picture of `[height, width]`.
    fn by_formula(layer: &FrozenLayer, input: &[f32], [height, width]: [usize; 2], add: Option<&[f32]>) -> Vec<f32> {
        let ConvWeights { kernel, bias, size, stride, slope } = &layer.weights;
        let (outputs, inputs) = (bias.len(), input.len() / (height * width));
        let mut out = Vec::new();
        for place in 0..height / stride * (width / stride) {
            let (y, x) = (place / (width / stride), place % (width / stride));
            for (o, bias) in bias.iter().enumerate() {
                let mut sum = f64::from(*bias);
                for tap in 0..size * size {
                    let at = [y * stride + tap / size, x * stride + tap % size].map(|v| v.checked_sub(size / 2));
                    let [Some(v), Some(u)] = at else { continue };
                    if v >= height || u >= width {
                        continue;
                    }
                    for i in 0..inputs {
                        let mut value = input[(v * width + u) * inputs + i];
                        if let Some(([gain, shift], slope)) = &layer.before {
                            value = bent(value * gain[i] + shift[i], *slope);
                        }
                        sum += f64::from(value * kernel[(tap * inputs + i) * outputs + o]);
                    }
                }
                out.push(bent(sum as f32, *slope) + add.map_or(0.0, |add| add[out.len()]));
            }
        }
        out
    }

    fn sizes(gpu: &Gpu) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: Extent::SIZE as u64, usage, mapped_at_creation: false })
    }

    /// What the only step of a builder gives for a part of `size`.
    fn run(gpu: &Gpu, builder: Builder<'_>, input: &GpuPlane, output: &GpuPlane, size: [u32; 2], values: &[f32]) -> Vec<f32> {
        let Builder { kernels, sizes, steps, .. } = builder;
        let network = Network { steps, input: input.buffer.clone() };
        gpu.queue.write_buffer(sizes, 0, bytemuck::cast_slice(&size));
        gpu.queue.write_buffer(network.input(), 0, bytemuck::cast_slice(values));
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        network.run(kernels, &mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()), size, 0);
        gpu.queue.submit([encoder.finish()]);
        assert_eq!(gpu.health.fault(), None, "nothing was refused");
        let [across, down] = size.map(|s| s / output.share);
        read_floats(gpu, &output.buffer, (across * down * output.channels) as usize)
    }

    #[needs(gpu)]
    #[test]
    fn every_kind_of_convolution_gives_what_its_formula_says() {
        let gpu = crate::gpu::testing::gpu_for_test();
        let kernels = Kernels::new(&gpu.device, Precision::Whole);
        let sizes = sizes(&gpu);
        let mut random = Random::new(9, 0);
        // Kernel, stride, channels, whether the input is modulated, whether something is added, width and height.
        let cases = [
            (3, 1, [24, 32], false, false, [40, 24]),
            (3, 2, [32, 64], false, false, [40, 24]),
            (1, 1, [64, 32], false, false, [8, 16]),
            (3, 1, [32, 32], true, true, [24, 40]),
            (3, 1, [8, 28], true, false, [64, 64]),
            (3, 1, [32, 128], true, true, [64, 64]),
            (3, 2, [8, 1024], false, true, [64, 64]),
            (1, 1, [96, 256], true, true, [64, 64]),
        ];
        for (n, (size, stride, [from, to], modulated, adds, [width, height])) in cases.into_iter().enumerate() {
            let layer = FrozenLayer {
                weights: ConvWeights {
                    kernel: noise(size * size * from * to, &mut random),
                    bias: noise(to, &mut random),
                    size,
                    stride,
                    slope: if n % 2 == 0 { 0.1 } else { 1.0 },
                },
                before: modulated.then(|| ([noise(from, &mut random), noise(from, &mut random)], 0.1)),
            };
            let mut builder = Builder::new(&gpu, &kernels, &sizes, CROP);
            let (input, added) = (builder.plane("input", 1, from as u32), builder.plane("added", stride as u32, to as u32));
            let output = builder.convolve("output", &layer, &input, adds.then_some(&added));
            let values = noise(width * height * from, &mut random);
            let more = noise(width / stride * (height / stride) * to, &mut random);
            gpu.queue.write_buffer(&added.buffer, 0, bytemuck::cast_slice(&more));
            let found = run(&gpu, builder, &input, &output, [width as u32, height as u32], &values);
            let expected = by_formula(&layer, &values, [height, width], adds.then_some(&more));
            let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(found.len() == expected.len() && worst < 2e-4, "case {n}: off by {worst}");
        }
    }

    #[needs(gpu)]
    #[test]
    fn enlarging_repeats_every_pixel_and_adds() {
        let gpu = crate::gpu::testing::gpu_for_test();
        let kernels = Kernels::new(&gpu.device, Precision::Whole);
        let sizes = sizes(&gpu);
        let mut random = Random::new(10, 0);
        let mut builder = Builder::new(&gpu, &kernels, &sizes, CROP);
        let (small, skip) = (builder.plane("small", 2, 8), builder.plane("skip", 1, 8));
        let output = builder.enlarge("output", &small, &skip);
        let (width, height) = (24, 16);
        let (low, high) = (noise(width * height / 4 * 8, &mut random), noise(width * height * 8, &mut random));
        gpu.queue.write_buffer(&skip.buffer, 0, bytemuck::cast_slice(&high));
        let found = run(&gpu, builder, &small, &output, [width as u32, height as u32], &low);
        for (n, value) in found.iter().enumerate() {
            let (pixel, c) = (n / 8, n % 8);
            let (x, y) = (pixel % width, pixel / width);
            let expected = high[n] + low[(y / 2 * (width / 2) + x / 2) * 8 + c];
            assert!((value - expected).abs() < 1e-6, "{value} instead of {expected} at {x}, {y}");
        }
    }

    #[needs(gpu)]
    #[test]
    fn channels_lie_behind_those_of_an_enlarged_picture() {
        let gpu = crate::gpu::testing::gpu_for_test();
        let kernels = Kernels::new(&gpu.device, Precision::Whole);
        let sizes = sizes(&gpu);
        let mut random = Random::new(11, 0);
        let mut builder = Builder::new(&gpu, &kernels, &sizes, CROP);
        let (small, skip) = (builder.plane("small", 2, 8), builder.plane("skip", 1, 4));
        let output = builder.beside("output", &small, &skip);
        let (width, height) = (24, 16);
        let (low, high) = (noise(width * height / 4 * 8, &mut random), noise(width * height * 4, &mut random));
        gpu.queue.write_buffer(&skip.buffer, 0, bytemuck::cast_slice(&high));
        let found = run(&gpu, builder, &small, &output, [width as u32, height as u32], &low);
        assert_eq!(found.len(), width * height * 12, "channels of both");
        for (n, value) in found.iter().enumerate() {
            let (pixel, c) = (n / 12, n % 12);
            let (x, y) = (pixel % width, pixel / width);
            let expected = if c < 8 { low[(y / 2 * (width / 2) + x / 2) * 8 + c] } else { high[pixel * 4 + c - 8] };
            assert!((value - expected).abs() < 1e-6, "{value} instead of {expected} at {x}, {y}");
        }
    }
}
