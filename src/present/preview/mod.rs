//! Puts pictures on the stage: uploads those made on the CPU into one reused texture, takes those made on the GPU as they are.
//! Apart from [`backdrop`], the only place of the window that names wgpu.

mod backdrop;

use std::sync::Arc;

use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor, SurfaceConfig, WgpuConfiguration, WgpuSetupCreateNew};
use image::RgbaImage;
use wgpu::util::DeviceExt as _;

pub(super) use backdrop::Ground;
pub use backdrop::GroundPainter;

use crate::gpu::Gpu;
use crate::session::{PictureShare, RenderedImage};

const SHADER: &str = include_str!("../../../shaders/preview.wgsl");

/// The window's own device, shared with whatever makes pictures.
pub(super) fn device(state: &RenderState) -> Gpu {
    Gpu::shared(&state.adapter, state.device.clone(), state.queue.clone())
}

/// How the window's device is made: with everything the generator can use, and with as few frames under way as possible.
pub(super) fn wgpu_options() -> WgpuConfiguration {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.power_preference = wgpu::PowerPreference::HighPerformance;
    setup.device_descriptor = Arc::new(crate::gpu::device_descriptor);
    WgpuConfiguration { wgpu_setup: setup.into(), surface: SurfaceConfig::LOW_LATENCY, ..Default::default() }
}

/// Whether the window lives in a Wayland session.
pub(super) fn display_is_wayland(creation: &eframe::CreationContext<'_>) -> bool {
    use wgpu::rwh::{HasDisplayHandle as _, RawDisplayHandle};
    creation.display_handle().is_ok_and(|handle| matches!(handle.as_raw(), RawDisplayHandle::Wayland(_)))
}

/// A picture that can be drawn. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PreviewPicture {
    /// Width and height, in pixels.
    pub size_px: [u32; 2],
    draw: Draw,
}

impl PreviewPicture {
    /// The shape that fills `rect` with a part of the picture. Of several parts in one frame the last one is drawn everywhere.
    pub(super) fn shape_of_part(&self, rect: egui::Rect, part: PictureShare) -> egui::Shape {
        egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, Draw { part, ..self.draw.clone() }))
    }
}

#[derive(Clone, Debug)]
struct Draw {
    pipeline: wgpu::RenderPipeline,
    bindings: wgpu::BindGroup,
    part: PictureShare,
    /// What the shader sees of the part: left, top, width, height.
    uniform: wgpu::Buffer,
}

impl CallbackTrait for Draw {
    fn prepare(
        &self,
        _: &wgpu::Device,
        queue: &wgpu::Queue,
        _: &ScreenDescriptor,
        _: &mut wgpu::CommandEncoder,
        _: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let PictureShare { left, top, width, height } = self.part;
        queue.write_buffer(&self.uniform, 0, &[left, top, width, height].map(f32::to_ne_bytes).concat());
        Vec::new()
    }

    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.draw(0..4, 0..1);
    }
}

/// Draws pictures on the window's device.
#[derive(Clone)]
pub(super) struct PreviewPainter {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::RenderPipeline,
    sampler: wgpu::Sampler,
}

impl PreviewPainter {
    pub(super) fn new(state: &RenderState) -> Self {
        let device = state.device.clone();
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("preview"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let blend = wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING;
        let pipeline = fill_pipeline(&device, "preview", SHADER, state.target_format, blend);
        Self { device, queue: state.queue.clone(), pipeline, sampler }
    }

    fn picture(&self, view: &wgpu::TextureView, size_px: [u32; 2]) -> PreviewPicture {
        let uniform = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("preview"),
            size: 16,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("preview"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(view) },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&self.sampler) },
                wgpu::BindGroupEntry { binding: 2, resource: uniform.as_entire_binding() },
            ],
        });
        let draw = Draw { pipeline: self.pipeline.clone(), bindings, part: PictureShare::WHOLE, uniform };
        PreviewPicture { size_px, draw }
    }
}

/// A pipeline that fills its viewport. Its shader has the entry points `corner`, `fill_encoded` and `fill_linear`.
fn fill_pipeline(
    device: &wgpu::Device,
    label: &str,
    shader: &str,
    target: wgpu::TextureFormat,
    blend: wgpu::BlendState,
) -> wgpu::RenderPipeline {
    let source = wgpu::ShaderSource::Wgsl(shader.into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source });
    let entry = if target.is_srgb() { "fill_linear" } else { "fill_encoded" };
    let target = wgpu::ColorTargetState { format: target, blend: Some(blend), write_mask: wgpu::ColorWrites::ALL };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(label),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("corner"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..Default::default() },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(target)],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// One place for pictures that follow each other: keeps its texture as long as their size stays the same.
#[derive(Default)]
pub(super) struct PictureSlot {
    own: Option<(wgpu::Texture, PreviewPicture)>,
}

impl PictureSlot {
    /// Makes `image` drawable, which shows a picture of `size_px`. A picture handed out before shows the new pixels when its image has the same size.
    pub(super) fn show_smaller(&mut self, painter: &PreviewPainter, image: &RenderedImage, size_px: [u32; 2]) -> PreviewPicture {
        PreviewPicture { size_px, ..self.show(painter, image) }
    }

    /// The same of one that has its picture's own size.
    pub(super) fn show(&mut self, painter: &PreviewPainter, image: &RenderedImage) -> PreviewPicture {
        match image {
            RenderedImage::Gpu(texture) => painter.picture(&texture.create_view(&wgpu::TextureViewDescriptor::default()), image.size_px()),
            RenderedImage::Cpu(pixels) => self.upload(painter, pixels),
        }
    }

    fn upload(&mut self, painter: &PreviewPainter, pixels: &RgbaImage) -> PreviewPicture {
        let limit = painter.device.limits().max_texture_dimension_2d;
        let size_px = [pixels.width(), pixels.height()];
        if size_px.contains(&0) {
            // A texture without pixels is an error in wgpu; one that is clear shows the same.
            return self.upload(painter, &RgbaImage::new(1, 1));
        }
        if size_px.iter().any(|&side| side > limit) {
            let smaller = image::DynamicImage::from(pixels.clone()).thumbnail(limit, limit).to_rgba8();
            return PreviewPicture { size_px, ..self.upload(painter, &smaller) };
        }
        match &self.own {
            Some((texture, picture)) if picture.size_px == size_px => {
                write(&painter.queue, texture, pixels);
                picture.clone()
            }
            _ => {
                let texture = create(painter, pixels);
                let picture = painter.picture(&texture.create_view(&wgpu::TextureViewDescriptor::default()), size_px);
                self.own = Some((texture, picture.clone()));
                picture
            }
        }
    }
}

fn extent(pixels: &RgbaImage) -> wgpu::Extent3d {
    wgpu::Extent3d { width: pixels.width(), height: pixels.height(), depth_or_array_layers: 1 }
}

fn create(painter: &PreviewPainter, pixels: &RgbaImage) -> wgpu::Texture {
    let descriptor = wgpu::TextureDescriptor {
        label: Some("preview"),
        size: extent(pixels),
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    };
    painter.device.create_texture_with_data(&painter.queue, &descriptor, wgpu::util::TextureDataOrder::LayerMajor, pixels.as_raw())
}

fn write(queue: &wgpu::Queue, texture: &wgpu::Texture, pixels: &RgbaImage) {
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * pixels.width()), rows_per_image: Some(pixels.height()) };
    queue.write_texture(texture.as_image_copy(), pixels.as_raw(), layout, extent(pixels));
}
