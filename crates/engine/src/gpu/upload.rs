//! A picture as a texture: the counterpart of [`read_texture`](super::read_texture).

use image::RgbaImage;

use super::Gpu;

/// A texture with these pixels: `Rgba8Unorm`, and usages `COPY_SRC`, so that it can be read back, and `TEXTURE_BINDING`, so that it can be shown.
pub fn upload_texture(gpu: &Gpu, picture: &RgbaImage) -> wgpu::Texture {
    let size = wgpu::Extent3d { width: picture.width(), height: picture.height(), depth_or_array_layers: 1 };
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    });
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * picture.width()), rows_per_image: None };
    gpu.queue.write_texture(texture.as_image_copy(), picture, layout, size);
    texture
}
