//! The compositor on a GPU: `shaders/compose.wgsl` on a device the caller owns; the result stays there as a texture.

use std::sync::Arc;

use glam::{UVec2, Vec2};
use image::RgbaImage;
use retrato_head::HeadShape;

use super::cpu::STILL_PX;
use super::feather::FEATHER_PX;
use super::head_pass::HeadPass;
use crate::data::{CROP_PX, PaintField, PasteRegion, PictureChange, Portrait, UncoveredField};
use crate::gpu::{ChangeBuffers, GROUP, Gpu, PassTimer, Uniform};
use crate::runtime::Timings;
use crate::wgsl::Shader;
use crate::{wgsl_constants, wgsl_struct};

/// Why a portrait cannot be composed on a GPU.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The adapter's textures are too small for the picture.
    #[error(
        "the picture is {width} x {height} pixels, but this graphics adapter handles {limit} at most; use the CPU executor or a smaller picture"
    )]
    PictureTooLarge {
        /// Width of the picture.
        width: u32,
        /// Height of the picture.
        height: u32,
        /// Largest side the adapter takes.
        limit: u32,
    },
}

wgsl_struct! {
    /// What the shader is told of a portrait and of a frame.
    struct ComposeParams {
        /// Upper left corner of the reach in picture pixels, and picture pixels per pixel of the reach.
        origin_px: Vec2,
        scale: f32,
        /// The same of the crop, in which there may be paint.
        crop_scale: f32,
        crop_origin_px: Vec2,
        /// First pixel and size of the written region.
        region_first: UVec2,
        region_size: UVec2,
        /// Flow cells along each side.
        cells: usize,
        /// Paint cells along each side, 0 for no paint.
        paint_cells: usize,
        /// Cells along each side of what is uncovered, 0 for nothing.
        uncovered_cells: usize,
    }
}

pub(crate) static COMPOSE: Shader = shader!("compose.wgsl", [], |into| {
    into.declare::<ComposeParams>();
    wgsl_constants!(into; GROUP, CROP_PX, FEATHER_PX, STILL_PX);
});

/// Warps and paints over one portrait on a GPU. All buffers live as long as the portrait; a frame uploads only its flow and its paint.
pub struct GpuCompositor {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    params: ComposeParams,
    uniform: Uniform<ComposeParams>,
    buffers: ChangeBuffers,
    picture: wgpu::Texture,
    plate: Option<wgpu::Texture>,
    target: wgpu::Texture,
    region: PasteRegion,
    head: Option<HeadPass>,
    timer: Option<PassTimer>,
}

impl GpuCompositor {
    /// Uploads one portrait whose flow fields will have `cells` cells along each side, and the plate of what stands behind its head, of the same size.
    pub fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        portrait: &Portrait,
        plate: Option<&RgbaImage>,
        cells: usize,
    ) -> Result<Self, ComposeError> {
        let (width, height) = portrait.pixels.dimensions();
        let limit = device.limits().max_texture_dimension_2d;
        if width > limit || height > limit {
            return Err(ComposeError::PictureTooLarge { width, height, limit });
        }
        let region = PasteRegion::new(&portrait.crop.reach(), (width, height));
        let picture = picture_texture(device, "portrait", width, height, wgpu::TextureUsages::COPY_SRC);
        let target = picture_texture(
            device,
            "composed portrait",
            width,
            height,
            wgpu::TextureUsages::STORAGE_BINDING | wgpu::TextureUsages::COPY_SRC,
        );
        let plate = plate.filter(|plate| plate.dimensions() == portrait.pixels.dimensions());
        let (plate_width, plate_height) = plate.map_or((1, 1), RgbaImage::dimensions);
        let behind = picture_texture(device, "clean plate", plate_width, plate_height, wgpu::TextureUsages::empty());
        if let Some(plate) = plate {
            upload(queue, &behind, plate);
        }
        upload(queue, &picture, &portrait.pixels);
        upload(queue, &target, &portrait.pixels);
        let field = |label, size: usize| {
            let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
            device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: size as u64, usage, mapped_at_creation: false })
        };
        let buffers = ChangeBuffers {
            flow: field("backward flow", cells * cells * size_of::<[f32; 2]>()),
            uncovered: field("uncovered", UncoveredField::CELLS * UncoveredField::CELLS * size_of::<f32>()),
            paint: field("paint", PaintField::CELLS * PaintField::CELLS * size_of::<[f32; 4]>()),
        };
        let params = params(portrait, region, cells);
        let uniform = Uniform::new(device, queue, "compose parameters", &params);
        let pipeline = pipeline(device);
        let bindings =
            bind(device, &pipeline, [uniform.buffer(), &buffers.flow, &buffers.paint, &buffers.uncovered], [&picture, &target, &behind]);
        Ok(Self {
            device: device.clone(),
            queue: queue.clone(),
            pipeline,
            bindings,
            params,
            uniform,
            buffers,
            picture,
            plate: plate.map(|_| behind),
            target,
            region,
            head: None,
            timer: None,
        })
    }

    /// The same with the portrait's head in 3D, which is turned where a change says so.
    #[must_use]
    pub fn with_head(self, shape: Option<Arc<HeadShape>>) -> Self {
        let plate = self.plate.as_ref().unwrap_or(&self.picture);
        let head = shape.and_then(|shape| HeadPass::new(&self.device, &self.queue, shape, [&self.picture, plate]));
        Self { head, ..self }
    }

    /// The same, with the device's own times added to `timings` as the stage `gpu compose`, where it has a clock.
    #[must_use]
    pub fn timed(self, gpu: &Gpu, timings: &Timings) -> Self {
        Self { timer: PassTimer::new(gpu, &["gpu compose"], timings), ..self }
    }

    /// Queues the work for one frame. Nothing waits: whoever samples [`Self::target`] later on the same queue sees this frame.
    pub fn compose(&mut self, change: &PictureChange) {
        if let (Some(head), Some(turn)) = (&mut self.head, &change.head) {
            head.prepare(&self.queue, turn);
            if head.is_still() {
                // No pass, so there is no time to be read.
                let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("restore") });
                head.restore(&mut encoder, [&self.picture, &self.target]);
                self.queue.submit([encoder.finish()]);
                return;
            }
            self.submit(|this, encoder| {
                if let Some(head) = &this.head {
                    let timestamp_writes = this.timer.as_ref().map(|timer| timer.writes(0)).map(|writes| wgpu::RenderPassTimestampWrites {
                        query_set: writes.query_set,
                        beginning_of_pass_write_index: writes.beginning_of_pass_write_index,
                        end_of_pass_write_index: writes.end_of_pass_write_index,
                    });
                    head.draw(encoder, &this.target, timestamp_writes);
                }
            });
            return;
        }
        let (bare, painted) = match change.on_gpu {
            Some(there) => (self.plate.is_some() && there.uncovered, there.painted),
            None => self.upload(change),
        };
        self.params.paint_cells = if painted { PaintField::CELLS } else { 0 };
        self.params.uncovered_cells = if bare { UncoveredField::CELLS } else { 0 };
        self.uniform.set(&self.queue, &self.params);
        self.submit(|this, encoder| {
            let timestamp_writes = this.timer.as_ref().map(|timer| timer.writes(0));
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("compose"), timestamp_writes });
            pass.set_pipeline(&this.pipeline);
            pass.set_bind_group(0, &this.bindings, &[]);
            pass.dispatch_workgroups(this.region.width.div_ceil(GROUP), this.region.height.div_ceil(GROUP), 1);
        });
    }

    /// Queues one pass, and reads its time.
    fn submit(&mut self, encode: impl FnOnce(&Self, &mut wgpu::CommandEncoder)) {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("compose") });
        encode(self, &mut encoder);
        if let Some(timer) = &self.timer {
            timer.resolve(&mut encoder);
        }
        self.queue.submit([encoder.finish()]);
        if let Some(timer) = &mut self.timer {
            timer.watch();
        }
    }

    /// Brings a change that was made in memory here; says whether there is something uncovered, and paint.
    fn upload(&self, change: &PictureChange) -> (bool, bool) {
        let ChangeBuffers { flow, uncovered, paint } = &self.buffers;
        self.queue.write_buffer(flow, 0, bytemuck::cast_slice(&change.flow.displacement_px));
        let bare = self.plate.is_some() && change.uncovered.size == UncoveredField::CELLS;
        if bare {
            self.queue.write_buffer(uncovered, 0, bytemuck::cast_slice(&change.uncovered.cells));
        }
        let painted = change.paint.size == PaintField::CELLS;
        if painted {
            self.queue.write_buffer(paint, 0, bytemuck::cast_slice(&change.paint.cells));
        }
        (bare, painted)
    }

    /// Shows another plate from now on, of the picture's size; nothing where it has none.
    pub fn set_plate(&self, pixels: &RgbaImage) {
        if let Some(plate) = self.plate.as_ref().filter(|plate| (plate.width(), plate.height()) == pixels.dimensions()) {
            upload(&self.queue, plate, pixels);
        }
    }

    /// Where the change lies, for whoever makes it on the same device.
    pub fn buffers(&self) -> &ChangeBuffers {
        &self.buffers
    }

    /// The composed picture: `Rgba8Unorm`, gamma-encoded as the picture is, of the picture's size.
    pub fn target(&self) -> &wgpu::Texture {
        &self.target
    }
}

pub(super) fn picture_texture(device: &wgpu::Device, label: &str, width: u32, height: u32, extra: wgpu::TextureUsages) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST | extra,
        view_formats: &[],
    })
}

pub(super) fn upload(queue: &wgpu::Queue, texture: &wgpu::Texture, pixels: &RgbaImage) {
    queue.write_texture(
        texture.as_image_copy(),
        pixels.as_raw(),
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(pixels.width() * 4), rows_per_image: None },
        texture.size(),
    );
}

fn params(portrait: &Portrait, region: PasteRegion, cells: usize) -> ComposeParams {
    let (reach, crop) = (portrait.crop.reach(), &portrait.crop);
    ComposeParams {
        origin_px: reach.origin_px.into(),
        scale: reach.scale(),
        crop_scale: crop.scale(),
        crop_origin_px: crop.origin_px.into(),
        region_first: UVec2::new(region.left, region.top),
        region_size: UVec2::new(region.width, region.height),
        cells,
        paint_cells: 0,
        uncovered_cells: 0,
    }
}

fn pipeline(device: &wgpu::Device) -> wgpu::ComputePipeline {
    let source = wgpu::ShaderSource::Wgsl(COMPOSE.source().into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(COMPOSE.file), source });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("compose"),
        layout: None,
        module: &module,
        entry_point: Some("compose"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

fn bind(
    device: &wgpu::Device,
    pipeline: &wgpu::ComputePipeline,
    [params, flow, paint, uncovered]: [&wgpu::Buffer; 4],
    textures: [&wgpu::Texture; 3],
) -> wgpu::BindGroup {
    let [picture, target, plate] = textures.map(|texture| texture.create_view(&wgpu::TextureViewDescriptor::default()));
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("compose"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: params.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 1, resource: flow.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 2, resource: wgpu::BindingResource::TextureView(&picture) },
            wgpu::BindGroupEntry { binding: 3, resource: wgpu::BindingResource::TextureView(&target) },
            wgpu::BindGroupEntry { binding: 4, resource: paint.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 5, resource: uncovered.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 6, resource: wgpu::BindingResource::TextureView(&plate) },
        ],
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use test_needs::needs;

    use super::*;
    use crate::compose::CpuCompositor;
    use crate::data::{Crop, FlowField, Landmarks, PaintField};
    use crate::gpu::read_texture;
    use crate::gpu::testing::gpu_for_test;

    const CELLS: usize = 128;

    fn portrait(crop: Crop) -> Portrait {
        let pixels = RgbaImage::from_fn(300, 220, |x, y| {
            let wave = |v: u32, step: f32| (127.0 + 120.0 * (v as f32 * step).sin()) as u8;
            image::Rgba([wave(x, 0.11), wave(y, 0.17), wave(x + y, 0.05), 255 - (x % 64) as u8])
        });
        Portrait {
            name: "test".to_owned(),
            pixels: Arc::new(pixels),
            landmarks_in_image: Landmarks([Vec2::ZERO; Landmarks::COUNT]),
            pupils_in_image: [Vec2::ZERO; 2],
            mesh_in_image: None,
            crop,
            content_hash: String::new(),
        }
    }

    fn swirl() -> FlowField {
        let cell = |i: usize| (i as f32 / CELLS as f32 - 0.5) * 2.0;
        let at = |i: usize| Vec2::new(cell(i % CELLS), cell(i / CELLS));
        let turn = |p: Vec2| p.perp() * 14.0 * (1.0 - p.length()).max(0.0);
        FlowField { size: CELLS, displacement_px: (0..CELLS * CELLS).map(|i| turn(at(i))).collect() }
    }

    /// A disc of paint whose cover falls off towards its rim.
    fn disc() -> PaintField {
        let cell = |i: usize| {
            let at = Vec2::new((i % PaintField::CELLS) as f32, (i / PaintField::CELLS) as f32) / PaintField::CELLS as f32 - 0.5;
            let cover = (1.0 - 4.0 * at.length()).max(0.0);
            if cover > 0.0 { [0.4 * cover, 0.1 * cover, -0.2 * cover, 1.0 - cover] } else { PaintField::NOTHING }
        };
        let cells = (0..PaintField::CELLS * PaintField::CELLS).map(cell).collect();
        PaintField { size: PaintField::CELLS, cells, rows: 0..PaintField::CELLS }
    }

    /// A band across the crop in which the plate shows, with soft borders.
    fn band() -> UncoveredField {
        let cell = |i: usize| (1.0 - ((i / UncoveredField::CELLS) as f32 - 160.0).abs() / 24.0).max(0.0);
        UncoveredField { size: UncoveredField::CELLS, cells: (0..UncoveredField::CELLS.pow(2)).map(cell).collect() }
    }

    #[needs(gpu)]
    #[test]
    fn gpu_and_cpu_compose_the_same_picture() {
        let gpu = gpu_for_test();
        let inside = Crop { origin_px: [40.0, 10.0], side_px: 190.0 };
        let reaching_out = Crop { origin_px: [-60.0, -35.0], side_px: 330.0 };
        for (crop, paint) in [(inside, disc()), (reaching_out, disc()), (reaching_out, PaintField::default())] {
            let change = PictureChange { head: None, flow: swirl(), uncovered: band(), paint, on_gpu: None };
            let portrait = portrait(crop);
            let plate = Arc::new(RgbaImage::from_fn(300, 220, |x, y| image::Rgba([(x / 2) as u8, 30, y as u8, 200])));
            let mut compositor = GpuCompositor::new(&gpu.device, &gpu.queue, &portrait, Some(&plate), CELLS).expect("a small picture");
            compositor.compose(&change);
            let on_gpu = read_texture(&gpu, compositor.target()).expect("the picture comes back");
            let on_cpu = CpuCompositor::new(&portrait, Some(plate)).compose(&change);
            let differences: Vec<u8> = on_gpu.as_raw().iter().zip(on_cpu.as_raw()).map(|(a, b)| a.abs_diff(*b)).collect();
            let worst = differences.iter().max().copied().unwrap_or(0);
            let unequal = differences.iter().filter(|d| **d > 0).count();
            assert!(worst <= 1, "channels agree within one level, worst {worst}");
            assert!(unequal < differences.len() / 50, "rounding differs rarely: {unequal} of {}", differences.len());
            assert!(on_cpu.as_raw() != portrait.pixels.as_raw(), "something moved at all");
        }
        assert_eq!(gpu.health.fault(), None, "nothing was refused");
    }
}
