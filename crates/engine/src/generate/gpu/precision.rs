//! Whole or half precision: how numbers lie on the graphics processor.

use std::borrow::Cow;

use half::f16;

/// How pictures and weights of the networks lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// 32 bits.
    Whole,
    /// 16 bits, where shaders can calculate with them.
    Half,
}

impl Precision {
    /// The best that a device has.
    pub(super) fn of(gpu: &crate::gpu::Gpu) -> Self {
        if gpu.info.shader_f16 { Self::Half } else { Self::Whole }
    }

    /// As tables name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Whole => "f32",
            Self::Half => "f16",
        }
    }

    /// Bytes of so many numbers.
    pub(super) fn bytes(self, numbers: usize) -> u64 {
        let each = match self {
            Self::Whole => size_of::<f32>(),
            Self::Half => size_of::<f16>(),
        };
        (numbers * each) as u64
    }

    /// Numbers as they lie there. Their count is even, so that the bytes make whole words.
    pub(super) fn packed(self, numbers: &[f32]) -> Cow<'_, [u8]> {
        match self {
            Self::Whole => Cow::Borrowed(bytemuck::cast_slice(numbers)),
            Self::Half => Cow::Owned(numbers.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect()),
        }
    }

    /// A shader of this precision from its source, which is written for whole numbers.
    pub(super) fn shader(self, device: &wgpu::Device, label: &str, source: &str) -> wgpu::ShaderModule {
        let source = match self {
            Self::Whole => source.to_owned(),
            Self::Half => format!("enable f16;\n{}", source.replace("alias real = f32;", "alias real = f16;")),
        };
        let source = wgpu::ShaderSource::Wgsl(source.into());
        device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source })
    }
}
