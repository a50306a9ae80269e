//! What is added to the colours of eyes and mouth, on the device.

use glam::Vec2;

use crate::data::{Crop, PartChange};

/// Pixels across and down of the texture in which the changes of all parts lie above each other.
const TEXTURE_PX: [u32; 2] = [128, 320];
/// Most parts that are changed.
const PARTS: usize = 4;
/// Corners of two triangles that make up a frame.
const TRIANGLES: [usize; 6] = [0, 1, 2, 0, 2, 3];

/// The changes of one frame.
pub(super) struct ChangedParts {
    texture: wgpu::Texture,
    /// Of each corner its place in the picture, and in the texture.
    corners: wgpu::Buffer,
    count: u32,
    words: Vec<f32>,
}

impl ChangedParts {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("changes of parts"),
            size: wgpu::Extent3d { width: TEXTURE_PX[0], height: TEXTURE_PX[1], depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            // Changes have a sign.
            format: wgpu::TextureFormat::Rgba16Float,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let corners = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("corners of parts"),
            size: (PARTS * TRIANGLES.len() * size_of::<[f32; 4]>()) as u64,
            usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { texture, corners, count: 0, words: Vec::new() }
    }

    /// The texture that holds them: red, green and blue, in shares of white.
    pub(super) fn texture(&self) -> &wgpu::Texture {
        &self.texture
    }

    /// Brings those of a frame to the device. Parts that do not fit are left out.
    pub(super) fn write(&mut self, queue: &wgpu::Queue, parts: &[PartChange], crop: &Crop) {
        self.words.clear();
        let mut row = 0;
        for part in parts.iter().take(PARTS) {
            let [width, height] = part.size.map(|px| px as u32);
            let fits = width <= TEXTURE_PX[0] && row + height <= TEXTURE_PX[1] && part.added.len() == part.size[0] * part.size[1];
            if width < 2 || height < 2 || !fits {
                continue;
            }
            let texels: Vec<half::f16> = part.added.iter().flat_map(|v| [v.x, v.y, v.z, 0.0]).map(half::f16::from_f32).collect();
            queue.write_texture(
                wgpu::TexelCopyTextureInfo { origin: wgpu::Origin3d { x: 0, y: row, z: 0 }, ..self.texture.as_image_copy() },
                bytemuck::cast_slice(&texels.iter().map(|v| v.to_bits()).collect::<Vec<u16>>()),
                wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(8 * width), rows_per_image: None },
                wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            );
            let places = part.corners().map(|at| crop.image_from_crop(at));
            let (right, top, bottom) = ((width - 1) as f32, row as f32, (row + height - 1) as f32);
            let texels = [Vec2::new(0.0, top), Vec2::new(right, top), Vec2::new(right, bottom), Vec2::new(0.0, bottom)];
            for corner in TRIANGLES {
                self.words.extend([places[corner].x, places[corner].y, texels[corner].x, texels[corner].y]);
            }
            row += height;
        }
        queue.write_buffer(&self.corners, 0, bytemuck::cast_slice(&self.words));
        self.count = self.words.len() as u32 / 4;
    }

    /// Draws them, by what adds and by what takes away.
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, pipelines: &[wgpu::RenderPipeline; 2]) {
        if self.count == 0 {
            return;
        }
        pass.set_vertex_buffer(0, self.corners.slice(..));
        for pipeline in pipelines {
            pass.set_pipeline(pipeline);
            pass.draw(0..self.count, 0..1);
        }
    }
}
