//! The generator's convolutions on a graphics processor: `shaders/conv.wgsl`.
//!
//! Weights are uploaded once per person. All pictures between the layers have the size of the whole crop, so that a part of any size fits; the sizes of a frame
//! come in a uniform.

use super::precision::Precision;
use crate::gpu::Gpu;
use crate::model::{GeneratorLayer, GeneratorLayers};

/// Pixels of a group of threads, across and down, and channels in fours.
const GROUP: [u32; 3] = [16, 8, 2];
/// Threads of a group along each side where every thread makes one pixel.
const THREADS: u32 = 8;

/// What `Layer` in `shaders/conv.wgsl` looks like in memory.
#[repr(C)]
#[derive(Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct LayerParams {
    channels_in: u32,
    channels_out: u32,
    kernel: u32,
    stride: u32,
    share: u32,
    slope: f32,
    modulated: u32,
    slope_before: f32,
    adds: u32,
    padding: [u32; 3],
}

/// A picture between layers.
struct Plane {
    buffer: wgpu::Buffer,
    /// Pixels of the crop for one of the picture, along each side, and channels.
    share: u32,
    channels: u32,
}

/// One dispatch.
struct Step {
    bindings: wgpu::BindGroup,
    enlarges: bool,
    share: u32,
    channels: u32,
}

/// The two shaders and the layout that they share.
pub(super) struct Shaders {
    convolve: wgpu::ComputePipeline,
    enlarge: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    precision: Precision,
}

/// The generator for one person.
pub(super) struct Network {
    steps: Vec<Step>,
    input: wgpu::Buffer,
    head: wgpu::Buffer,
    patch: wgpu::Buffer,
}

impl Shaders {
    pub(super) fn new(device: &wgpu::Device, precision: Precision) -> Self {
        let module = precision.shader(device, "convolution", include_str!("../../../shaders/conv.wgsl"));
        let buffer = |binding: u32, ty: wgpu::BufferBindingType| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        let read = |binding| buffer(binding, wgpu::BufferBindingType::Storage { read_only: true });
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("convolution"),
            entries: &[
                buffer(0, wgpu::BufferBindingType::Uniform),
                buffer(1, wgpu::BufferBindingType::Uniform),
                read(2),
                read(3),
                read(4),
                read(5),
                buffer(6, wgpu::BufferBindingType::Storage { read_only: false }),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("convolution"),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = |entry: &str| {
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry),
                layout: Some(&pipeline_layout),
                module: &module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        Self { convolve: pipeline("conv"), enlarge: pipeline("enlarge"), layout, precision }
    }
}

/// Makes buffers and steps.
struct Builder<'a> {
    gpu: &'a Gpu,
    shaders: &'a Shaders,
    patch: wgpu::Buffer,
    /// Bound where a step has no use for one.
    nothing: wgpu::Buffer,
    steps: Vec<Step>,
    crop: u32,
}

impl Builder<'_> {
    fn buffer(&self, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let usage = usage | wgpu::BufferUsages::COPY_DST;
        self.gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: bytes, usage, mapped_at_creation: false })
    }

    fn uploaded(&self, label: &str, bytes: &[u8], usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let buffer = self.buffer(label, bytes.len() as u64, usage);
        self.gpu.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    fn plane(&self, label: &str, share: u32, channels: u32) -> Plane {
        let cells = (self.crop / share).pow(2);
        let bytes = self.shaders.precision.bytes((cells * channels) as usize);
        let buffer = self.buffer(label, bytes, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        Plane { buffer, share, channels }
    }

    fn step(&mut self, params: LayerParams, buffers: [&wgpu::Buffer; 5], enlarges: bool) {
        let params_buffer = self.uploaded("layer", bytemuck::bytes_of(&params), wgpu::BufferUsages::UNIFORM);
        let all = [&params_buffer, &self.patch].into_iter().chain(buffers);
        let entries: Vec<wgpu::BindGroupEntry<'_>> =
            (0..).zip(all).map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }).collect();
        let bindings = self.gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("layer"),
            layout: &self.shaders.layout,
            entries: &entries,
        });
        self.steps.push(Step { bindings, enlarges, share: params.share, channels: params.channels_out });
    }

    /// A convolution of `from`, plus `add`.
    fn convolve(&mut self, label: &str, layer: &GeneratorLayer, from: &Plane, add: Option<&Plane>) -> Plane {
        let (weights, slope_before) = (&layer.weights, layer.before.as_ref().map_or(1.0, |(_, slope)| *slope));
        let channels = weights.bias.len() as u32;
        let to = self.plane(label, from.share * weights.stride as u32, channels);
        let params = LayerParams {
            channels_in: from.channels / 4,
            channels_out: channels / 4,
            kernel: weights.size as u32,
            stride: weights.stride as u32,
            share: to.share,
            slope: weights.slope,
            modulated: u32::from(layer.before.is_some()),
            slope_before,
            adds: u32::from(add.is_some()),
            padding: [0; 3],
        };
        let [gain, shift] = match &layer.before {
            Some((coefficients, _)) => coefficients.clone(),
            None => [vec![1.0; from.channels as usize], vec![0.0; from.channels as usize]],
        };
        let blocks = in_blocks(layer, from.channels as usize);
        let kernel = self.uploaded("kernel", &self.shaders.precision.packed(&blocks), wgpu::BufferUsages::STORAGE);
        let coefficients = [&weights.bias[..], &gain, &shift].concat();
        let coefficients = self.uploaded("coefficients", bytemuck::cast_slice(&coefficients), wgpu::BufferUsages::STORAGE);
        let nothing = self.nothing.clone();
        let add = add.map_or(&nothing, |plane| &plane.buffer);
        self.step(params, [&kernel, &coefficients, &from.buffer, add, &to.buffer], false);
        to
    }

    /// `small`, every pixel twice in both directions, plus `skip`.
    fn enlarge(&mut self, label: &str, small: &Plane, skip: &Plane) -> Plane {
        let to = self.plane(label, skip.share, skip.channels);
        let params = LayerParams { channels_out: skip.channels / 4, share: skip.share, ..LayerParams::default() };
        let nothing = self.nothing.clone();
        self.step(params, [&nothing, &nothing, &small.buffer, &skip.buffer, &to.buffer], true);
        to
    }
}

/// The kernel as the shader reads it: four outputs of one input behind each other, by place, inputs in fours and outputs in fours. Inputs beyond the layer's
/// own weigh nothing.
fn in_blocks(layer: &GeneratorLayer, channels_in: usize) -> Vec<f32> {
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
    /// Uploads the generator of one person for parts of a crop of `crop` pixels; pixels of the input have `channels` numbers, a multiple of 4.
    pub(super) fn new(gpu: &Gpu, shaders: &Shaders, layers: &GeneratorLayers, crop: u32, channels: u32) -> Self {
        let uniform = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let small = |label, size, usage| {
            gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
        };
        let patch = small("size of the part", 16, uniform);
        let nothing = small("nothing", 16, wgpu::BufferUsages::STORAGE);
        let mut b = Builder { gpu, shaders, patch, nothing, steps: Vec::new(), crop };
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
        let head = b.convolve("head", &layers.head, &x, None);
        Self { steps: b.steps, input: input.buffer, head: head.buffer, patch: b.patch }
    }

    /// Runs the generator on the input of a part of `size` pixels across and down, given as `[height / 2, width / 2, channels]`, and copies what its last layer
    /// gives to `heads` from byte `first` on.
    pub(super) fn run(&self, gpu: &Gpu, shaders: &Shaders, size: [u32; 2], input: &[f32], heads: &wgpu::Buffer, first: u64) {
        gpu.queue.write_buffer(&self.patch, 0, bytemuck::cast_slice(&size));
        gpu.queue.write_buffer(&self.input, 0, &shaders.precision.packed(input));
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("generator") });
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("generator"), timestamp_writes: None });
            for step in &self.steps {
                let [across, down] = size.map(|s| s / step.share);
                pass.set_bind_group(0, &step.bindings, &[]);
                if step.enlarges {
                    pass.set_pipeline(&shaders.enlarge);
                    pass.dispatch_workgroups(across.div_ceil(THREADS), down.div_ceil(THREADS), step.channels);
                } else {
                    pass.set_pipeline(&shaders.convolve);
                    pass.dispatch_workgroups(across.div_ceil(GROUP[0]), down.div_ceil(GROUP[1]), (step.channels).div_ceil(GROUP[2]));
                }
            }
        }
        let bytes = shaders.precision.bytes((size[0] / 2 * (size[1] / 2) * 16) as usize);
        encoder.copy_buffer_to_buffer(&self.head, 0, heads, first, bytes);
        gpu.queue.submit([encoder.finish()]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read_floats;
    use super::*;
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
    fn by_formula(layer: &GeneratorLayer, input: &[f32], [height, width]: [usize; 2], add: Option<&[f32]>) -> Vec<f32> {
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

    fn builder<'a>(gpu: &'a Gpu, shaders: &'a Shaders) -> Builder<'a> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let small = || gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 16, usage, mapped_at_creation: false });
        Builder { gpu, shaders, patch: small(), nothing: small(), steps: Vec::new(), crop: CROP }
    }

    /// What the only step of a builder gives for a part of `size`.
    fn run(gpu: &Gpu, shaders: &Shaders, builder: Builder<'_>, input: &Plane, output: &Plane, size: [u32; 2], values: &[f32]) -> Vec<f32> {
        let network =
            Network { steps: builder.steps, input: input.buffer.clone(), head: output.buffer.clone(), patch: builder.patch.clone() };
        // What a whole network would have copied, too large for some of these outputs.
        let heads = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: u64::from(CROP * CROP) * 4 * size_of::<f32>() as u64,
            usage: wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        network.run(gpu, shaders, size, values, &heads, 0);
        assert_eq!(gpu.health.fault(), None, "nothing was refused");
        let [across, down] = size.map(|s| s / output.share);
        read_floats(gpu, &output.buffer, (across * down * output.channels) as usize)
    }

    #[test]
    fn every_kind_of_convolution_gives_what_its_formula_says() {
        let Some(gpu) = crate::gpu::gpu_for_test() else { return };
        let shaders = Shaders::new(&gpu.device, Precision::Whole);
        let mut random = Random::new(9, 0);
        // Kernel, stride, channels, whether the input is modulated, whether something is added, width and height.
        let cases = [
            (3, 1, [24, 32], false, false, [40, 24]),
            (3, 2, [32, 64], false, false, [40, 24]),
            (1, 1, [64, 32], false, false, [8, 16]),
            (3, 1, [32, 32], true, true, [24, 40]),
            (3, 1, [8, 28], true, false, [64, 64]),
        ];
        for (n, (size, stride, [from, to], modulated, adds, [width, height])) in cases.into_iter().enumerate() {
            let layer = GeneratorLayer {
                weights: ConvWeights {
                    kernel: noise(size * size * from * to, &mut random),
                    bias: noise(to, &mut random),
                    size,
                    stride,
                    slope: if n % 2 == 0 { 0.1 } else { 1.0 },
                },
                before: modulated.then(|| ([noise(from, &mut random), noise(from, &mut random)], 0.1)),
            };
            let mut builder = builder(&gpu, &shaders);
            let (input, added) = (builder.plane("input", 1, from as u32), builder.plane("added", stride as u32, to as u32));
            let output = builder.convolve("output", &layer, &input, adds.then_some(&added));
            let values = noise(width * height * from, &mut random);
            let more = noise(width / stride * (height / stride) * to, &mut random);
            gpu.queue.write_buffer(&added.buffer, 0, bytemuck::cast_slice(&more));
            let found = run(&gpu, &shaders, builder, &input, &output, [width as u32, height as u32], &values);
            let expected = by_formula(&layer, &values, [height, width], adds.then_some(&more));
            let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(found.len() == expected.len() && worst < 2e-4, "case {n}: off by {worst}");
        }
    }

    #[test]
    fn enlarging_repeats_every_pixel_and_adds() {
        let Some(gpu) = crate::gpu::gpu_for_test() else { return };
        let shaders = Shaders::new(&gpu.device, Precision::Whole);
        let mut random = Random::new(10, 0);
        let mut builder = builder(&gpu, &shaders);
        let (small, skip) = (builder.plane("small", 2, 8), builder.plane("skip", 1, 8));
        let output = builder.enlarge("output", &small, &skip);
        let (width, height) = (24, 16);
        let (low, high) = (noise(width * height / 4 * 8, &mut random), noise(width * height * 8, &mut random));
        gpu.queue.write_buffer(&skip.buffer, 0, bytemuck::cast_slice(&high));
        let found = run(&gpu, &shaders, builder, &small, &output, [width as u32, height as u32], &low);
        for (n, value) in found.iter().enumerate() {
            let (pixel, c) = (n / 8, n % 8);
            let (x, y) = (pixel % width, pixel / width);
            let expected = high[n] + low[(y / 2 * (width / 2) + x / 2) * 8 + c];
            assert!((value - expected).abs() < 1e-6, "{value} instead of {expected} at {x}, {y}");
        }
    }
}
