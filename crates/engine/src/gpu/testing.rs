//! What the tests of this crate and of those above it share. It is compiled always, so that tests and program share one build.

use image::RgbaImage;

use super::{AdapterDescription, AdapterKind, Gpu};

/// Any device, a software one if there is no other: for tests that say `#[needs(gpu)]`.
///
/// # Panics
/// When there is none.
pub fn gpu_for_test() -> Gpu {
    Gpu::any().unwrap_or_else(|error| panic!("this test needs a device: {error}"))
}

/// A device that the CPU pretends to be: for tests that say `#[needs(software_gpu)]`.
///
/// # Panics
/// When there is none.
pub fn software_gpu_for_test() -> Gpu {
    let is_software = |info: &AdapterDescription| info.kind == AdapterKind::Software && info.runs_kernels();
    Gpu::headless(|all| all.iter().position(is_software)).unwrap_or_else(|error| panic!("this test needs a software adapter: {error}"))
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
