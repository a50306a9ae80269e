//! What the tests of this crate and of those above it share. It is compiled always, so that tests and program share one build.

use image::RgbaImage;

use super::Gpu;

/// Any device, or `None` with a note where the machine has none.
pub fn gpu_for_test() -> Option<Gpu> {
    let gpu = Gpu::any();
    if let Err(error) = &gpu {
        #[expect(clippy::print_stderr, reason = "a test that was skipped must say so")]
        {
            eprintln!("SKIPPED: {error}");
        }
    }
    gpu.ok()
}

/// A texture with these pixels that can be read back.
pub fn texture(gpu: &Gpu, picture: &RgbaImage) -> wgpu::Texture {
    let size = wgpu::Extent3d { width: picture.width(), height: picture.height(), depth_or_array_layers: 1 };
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("test picture"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * picture.width()), rows_per_image: None };
    gpu.queue.write_texture(texture.as_image_copy(), picture, layout, size);
    texture
}
