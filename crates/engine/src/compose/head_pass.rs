//! The head in 3D as a render pass: `shaders/head.wgsl`. Where its surfaces go is worked out in memory; the device draws them.

use std::sync::Arc;

use glam::{Vec2, Vec3, Vec4};
use retrato_head::{EyeMap, HeadLook, HeadShape, LID_SAMPLES, MouthInside, PosedHead, PosedSurface, Surface};

use super::changed_parts::ChangedParts;
use super::gpu::{picture_texture, upload};
use super::head_pipelines::Pipelines;
use crate::data::{HeadChange, MouthPicture};
use crate::gpu::Uniform;
use crate::wgsl::Shader;
use crate::{wgsl_constants, wgsl_struct};

/// Samples of each pixel, so that edges are soft.
pub(super) const SAMPLES: u32 = 4;
pub(super) const COLOUR: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
pub(super) const DEPTH: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;
/// Cells along each side of the mouth's texture.
const MOUTH_CELLS: u32 = MouthInside::MOST_CELLS as u32;
/// Corners of the openings' triangles that there is room for.
const OPENINGS: usize = PosedHead::OPENING_CORNERS;

wgsl_struct! {
    /// An eye, as [`EyeMap`] has it.
    struct EyeParams {
        origin: Vec2,
        along: Vec2,
        down: Vec2,
        shift: Vec2,
        rest_iris: Vec2,
        iris: Vec2,
        outer_white: Vec2,
        inner_white: Vec2,
        radius: f32,
        moved: f32,
        lowered: f32,
        lashes: f32,
        /// Upper and lower lid.
        lids: [Vec4; LID_SAMPLES],
        /// The light of the upper lid's skin.
        skin_lights: [Vec4; LID_SAMPLES],
    }
}

wgsl_struct! {
    /// What the shader is told of a portrait and of a frame.
    struct HeadParams {
        /// First pixel and size of the region.
        corner: Vec2,
        size: Vec2,
        /// Depth of the nearest that is drawn, and 1 over the range of depths.
        nearest: f32,
        per_depth: f32,
        /// How far the plate is shown where the head has left.
        disocclusion: f32,
        mouth_open: f32,
        light: Vec3,
        /// Reach of the mean that the back of the head shows, in pixels of the picture.
        back_px: f32,
        dark: Vec3,
        crop_origin_px: Vec2,
        crop_scale: f32,
        mouth_per_px: f32,
        mouth_corner: Vec2,
        mouth_size: Vec2,
        eyes: [EyeParams; 2],
    }
}

pub(crate) static HEAD: Shader = shader!("head.wgsl", [], |into| {
    into.declare::<HeadParams>();
    wgsl_constants!(
        into; LID_SAMPLES, MOVES_PX = HeadLook::MOVES_PX, RIM = HeadLook::RIM, LASHES = HeadLook::LASHES, SLACK = HeadLook::SLACK,
        MADE_UP = HeadLook::MADE_UP, IRIS_ENDS = HeadLook::IRIS_ENDS, IRIS_IS_NEAR = HeadLook::IRIS_IS_NEAR,
        MIRRORED = HeadLook::MIRRORED, SKIN_FROM = HeadLook::SKIN_FROM, SKIN_STEP = HeadLook::SKIN_STEP,
        LIT = HeadLook::LIT, LASHES_END = HeadLook::LASHES_END, LASHES_BEGIN = HeadLook::LASHES_BEGIN,
        OWN_LASHES_END = HeadLook::OWN_LASHES_END, LID_BEGINS = HeadLook::LID_BEGINS, BACK_STEPS = HeadLook::BACK_STEPS
    );
});

/// A surface on the device.
struct DeviceSurface {
    sources: wgpu::Buffer,
    indices: wgpu::Buffer,
    count: u32,
    /// Place and cover of each vertex, written in every frame.
    posed: wgpu::Buffer,
}

/// Everything that draws one portrait's head.
pub(super) struct HeadPass {
    shape: Arc<HeadShape>,
    pose: PosedHead,
    /// From the farthest to the nearest: back, front, its far side, face, its far side.
    surfaces: [DeviceSurface; 5],
    openings: wgpu::Buffer,
    uniform: Uniform<HeadParams>,
    mouth: wgpu::Texture,
    changes: ChangedParts,
    bindings: wgpu::BindGroup,
    pipelines: Pipelines,
    samples: wgpu::TextureView,
    depth: wgpu::TextureView,
    resolved: wgpu::Texture,
    words: Vec<f32>,
    /// Vertices of the openings in this frame.
    opening_count: u32,
}

impl HeadPass {
    /// For a portrait with its picture and plate, each a texture of the picture's size. `None` where the head is nowhere in the picture.
    pub(super) fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        shape: Arc<HeadShape>,
        [picture, plate]: [&wgpu::Texture; 2],
    ) -> Option<Self> {
        let region = shape.region;
        if region.width < 2 || region.height < 2 {
            return None;
        }
        let size = [region.width, region.height];
        let layer = picture_texture(device, "head", size[0], size[1], wgpu::TextureUsages::empty());
        upload(queue, &layer, &shape.layer);
        let mouth = picture_texture(device, "mouth", MOUTH_CELLS, MOUTH_CELLS, wgpu::TextureUsages::empty());
        let changes = ChangedParts::new(device);
        let uniform = Uniform::new(device, queue, "head parameters", &params(&shape, &PosedHead::default(), &MouthPicture::default()));
        let layout = layout(device);
        let views =
            [picture, plate, &layer, &mouth, changes.texture()].map(|texture| texture.create_view(&wgpu::TextureViewDescriptor::default()));
        let textures = views
            .iter()
            .enumerate()
            .map(|(n, view)| wgpu::BindGroupEntry { binding: n as u32 + 1, resource: wgpu::BindingResource::TextureView(view) });
        let uniform_entry = wgpu::BindGroupEntry { binding: 0, resource: uniform.buffer().as_entire_binding() };
        let entries: Vec<wgpu::BindGroupEntry<'_>> = std::iter::once(uniform_entry).chain(textures).collect();
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("head"), layout: &layout, entries: &entries });
        let drawn = |label, format, sample_count, usage| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some(label),
                size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage,
                view_formats: &[],
            })
        };
        let attachment = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let view = |texture: wgpu::Texture| texture.create_view(&wgpu::TextureViewDescriptor::default());
        let near = shape.near_px();
        let surfaces = [&shape.back, &shape.front, &shape.far_front, &shape.face, &shape.far_side];
        Some(Self {
            surfaces: surfaces.map(|surface| DeviceSurface::new(device, queue, surface)),
            openings: buffer(device, "openings", OPENINGS * size_of::<[f32; 8]>(), wgpu::BufferUsages::VERTEX),
            pipelines: Pipelines::new(device, &layout, near),
            samples: view(drawn("head samples", COLOUR, SAMPLES, attachment)),
            depth: view(drawn("head depth", DEPTH, SAMPLES, attachment)),
            resolved: drawn("drawn head", COLOUR, 1, attachment | wgpu::TextureUsages::COPY_SRC),
            pose: PosedHead::default(),
            words: Vec::new(),
            opening_count: 0,
            shape,
            uniform,
            mouth,
            changes,
            bindings,
        })
    }

    /// Works out a frame and brings it to the device.
    pub(super) fn prepare(&mut self, queue: &wgpu::Queue, change: &HeadChange) {
        rayon::scope(|_| self.shape.pose(&change.motion, &mut self.pose));
        let pose = &self.pose;
        if pose.still {
            return;
        }
        let poses = [&pose.back, &pose.front, &pose.far_front, &pose.face, &pose.far_side];
        for (surface, posed) in self.surfaces.iter().zip(poses) {
            surface.write(queue, posed, &mut self.words);
        }
        self.words.clear();
        for (which, patch) in pose.eyes.iter().chain([&pose.mouth]).chain(&pose.lids).enumerate() {
            for vertex in patch.triangles().flatten() {
                self.words.extend(vertex.at.extend(which as f32).to_array());
                self.words.extend([vertex.rest.x, vertex.rest.y, vertex.inside.x, vertex.inside.y]);
            }
        }
        self.words.truncate(8 * OPENINGS);
        queue.write_buffer(&self.openings, 0, bytemuck::cast_slice(&self.words));
        self.uniform.set(queue, &params(&self.shape, pose, &change.mouth));
        self.bring_mouth(queue, &change.mouth);
        self.opening_count = self.words.len() as u32 / 8;
        self.changes.write(queue, &change.parts, &self.shape.crop);
    }

    fn bring_mouth(&self, queue: &wgpu::Queue, mouth: &MouthPicture) {
        let [width, height] = mouth.size.map(|cells| cells as u32);
        if width == 0 || height == 0 || width > MOUTH_CELLS || height > MOUTH_CELLS || mouth.cells.len() != (width * height) as usize {
            return;
        }
        let bytes: Vec<u8> = mouth.cells.iter().flat_map(Vec4::to_array).map(|v| (v * 255.0 + 0.5) as u8).collect();
        queue.write_texture(
            self.mouth.as_image_copy(),
            &bytes,
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * width), rows_per_image: None },
            wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
    }

    /// Whether nothing moves in the prepared frame.
    pub(super) fn is_still(&self) -> bool {
        self.pose.still
    }

    /// The region's place in a texture of the picture's size.
    fn place<'a>(&self, texture: &'a wgpu::Texture) -> wgpu::TexelCopyTextureInfo<'a> {
        let region = self.shape.region;
        wgpu::TexelCopyTextureInfo { origin: wgpu::Origin3d { x: region.left, y: region.top, z: 0 }, ..texture.as_image_copy() }
    }

    /// Brings the picture's own pixels back.
    pub(super) fn restore(&self, encoder: &mut wgpu::CommandEncoder, [picture, target]: [&wgpu::Texture; 2]) {
        encoder.copy_texture_to_texture(self.place(picture), self.place(target), self.resolved.size());
    }

    /// Draws the prepared frame into a texture of the picture's size.
    pub(super) fn draw(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        target: &wgpu::Texture,
        timestamp_writes: Option<wgpu::RenderPassTimestampWrites<'_>>,
    ) {
        let resolved = self.resolved.create_view(&wgpu::TextureViewDescriptor::default());
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("head"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &self.samples,
                    depth_slice: None,
                    resolve_target: Some(&resolved),
                    ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT), store: wgpu::StoreOp::Discard },
                })],
                depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                    view: &self.depth,
                    depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store: wgpu::StoreOp::Discard }),
                    stencil_ops: None,
                }),
                timestamp_writes,
                occlusion_query_set: None,
                multiview_mask: None,
            });
            pass.set_bind_group(0, &self.bindings, &[]);
            pass.set_pipeline(&self.pipelines.background);
            pass.draw(0..3, 0..1);
            let [back, front, far_front, face, far_side] = &self.surfaces;
            let Pipelines { depth: depths, surfaces: looks, .. } = &self.pipelines;
            for (depth, look, surface) in
                [(Some(&depths[0]), &looks[0], back), (Some(&depths[1]), &looks[1], front), (None, &looks[2], far_front)]
                    .into_iter()
                    .chain([(Some(&depths[2]), &looks[3], face), (None, &looks[4], far_side)])
            {
                if let Some(depth) = depth {
                    surface.draw(&mut pass, depth);
                }
                surface.draw(&mut pass, look);
            }
            if self.opening_count > 0 {
                pass.set_pipeline(&self.pipelines.openings);
                pass.set_vertex_buffer(0, self.openings.slice(..));
                pass.draw(0..self.opening_count, 0..1);
            }
            self.changes.draw(&mut pass, &self.pipelines.changes);
        }
        encoder.copy_texture_to_texture(self.resolved.as_image_copy(), self.place(target), self.resolved.size());
    }
}

impl DeviceSurface {
    fn new(device: &wgpu::Device, queue: &wgpu::Queue, surface: &Surface) -> Self {
        let vertices = surface.vertices.len().max(1);
        let sources: Vec<[f32; 2]> = surface.vertices.iter().map(|vertex| vertex.source.to_array()).collect();
        let made = Self {
            sources: buffer(device, "sources", vertices * size_of::<[f32; 2]>(), wgpu::BufferUsages::VERTEX),
            indices: buffer(device, "triangles", surface.triangles.len().max(1) * size_of::<[u32; 3]>(), wgpu::BufferUsages::INDEX),
            count: 3 * surface.triangles.len() as u32,
            posed: buffer(device, "posed", vertices * size_of::<[f32; 4]>(), wgpu::BufferUsages::VERTEX),
        };
        queue.write_buffer(&made.sources, 0, bytemuck::cast_slice(&sources));
        queue.write_buffer(&made.indices, 0, bytemuck::cast_slice(&surface.triangles));
        made
    }

    fn write(&self, queue: &wgpu::Queue, posed: &PosedSurface, words: &mut Vec<f32>) {
        words.clear();
        words.extend(posed.at.iter().zip(&posed.cover).flat_map(|(at, cover)| at.extend(*cover).to_array()));
        queue.write_buffer(&self.posed, 0, bytemuck::cast_slice(words));
    }

    fn draw(&self, pass: &mut wgpu::RenderPass<'_>, pipeline: &wgpu::RenderPipeline) {
        if self.count > 0 {
            pass.set_pipeline(pipeline);
            pass.set_vertex_buffer(0, self.posed.slice(..));
            pass.set_vertex_buffer(1, self.sources.slice(..));
            pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
            pass.draw_indexed(0..self.count, 0, 0..1);
        }
    }
}

fn buffer(device: &wgpu::Device, label: &str, size: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    let usage = usage | wgpu::BufferUsages::COPY_DST;
    device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: size as u64, usage, mapped_at_creation: false })
}

fn params(shape: &HeadShape, pose: &PosedHead, mouth: &MouthPicture) -> HeadParams {
    let region = shape.region;
    // Farther than any head reaches, in either direction.
    let range = 64.0 * shape.unit_px() * shape.crop.scale();
    let eye = |map: EyeMap| EyeParams {
        origin: map.origin,
        along: map.along,
        down: map.down,
        shift: map.shift,
        rest_iris: map.rest_iris,
        iris: map.iris,
        outer_white: map.whites[0],
        inner_white: map.whites[1],
        radius: map.radius,
        moved: map.moved,
        lowered: map.lowered,
        lashes: map.lashes,
        lids: std::array::from_fn(|n| Vec4::new(map.lids[0][n], map.lids[1][n], 0.0, 0.0)),
        skin_lights: map.skin_lights.map(|light| light.extend(1.0)),
    };
    let fits = mouth.size.iter().all(|cells| *cells <= MOUTH_CELLS as usize);
    HeadParams {
        corner: Vec2::new(region.left as f32, region.top as f32),
        size: Vec2::new(region.width as f32, region.height as f32),
        nearest: -0.5 * range,
        per_depth: 1.0 / range,
        disocclusion: pose.disocclusion,
        mouth_open: pose.mouth_open,
        light: shape.far_light,
        back_px: shape.back_px(),
        dark: shape.skin * HeadLook::DARK,
        crop_origin_px: shape.crop.origin_px.into(),
        crop_scale: shape.crop.scale(),
        mouth_per_px: mouth.per_px as f32,
        mouth_corner: Vec2::new(mouth.corner[0] as f32, mouth.corner[1] as f32),
        mouth_size: if fits { Vec2::new(mouth.size[0] as f32, mouth.size[1] as f32) } else { Vec2::ZERO },
        eyes: pose.eye_maps.map_or_else(|| [0, 1].map(|_| <EyeParams as crate::wgsl::Wgsl>::zero()), |maps| maps.map(eye)),
    }
}

fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let texture = |binding| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty: wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: true },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
        count: None,
    };
    let uniform = wgpu::BindGroupLayoutEntry {
        binding: 0,
        visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
        ty: wgpu::BindingType::Buffer { ty: wgpu::BufferBindingType::Uniform, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("head"),
        entries: &[uniform, texture(1), texture(2), texture(3), texture(4), texture(5)],
    })
}
