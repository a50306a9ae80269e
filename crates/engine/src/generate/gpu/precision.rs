//! Whole or half precision: how numbers lie on the graphics processor.

use std::borrow::Cow;

use half::f16;

use crate::wgsl::Shader;

/// How pictures and weights of the networks lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
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
    pub(crate) fn name(self) -> &'static str {
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

    /// What comes before a shader: its `real` is the number of pictures and weights between the layers of the networks.
    pub(crate) fn prelude(self) -> &'static str {
        match self {
            Self::Whole => "alias real = f32;\n",
            Self::Half => "enable f16;\nalias real = f16;\n",
        }
    }

    /// A shader of this precision.
    pub(crate) fn module(self, device: &wgpu::Device, shader: &Shader) -> wgpu::ShaderModule {
        let source = [self.prelude(), &shader.source()].concat();
        let source = wgpu::ShaderSource::Wgsl(source.into());
        device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(shader.file), source })
    }
}
