//! What is known about an adapter, which one is the best, and how a measurement of one is written down.

use serde::{Deserialize, Serialize};

/// The sort of processor behind an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterKind {
    /// A graphics card with memory of its own.
    Discrete,
    /// A graphics processor that shares the main memory.
    Integrated,
    /// A part of a graphics processor, lent to a virtual machine.
    Virtual,
    /// The driver does not say.
    Unknown,
    /// No graphics processor at all: the CPU pretends, as llvmpipe and WARP do.
    Software,
}

/// An adapter, as it describes itself.
#[expect(clippy::struct_excessive_bools, reason = "independent features, each of which may be there or not")]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdapterDescription {
    /// Name of the device.
    pub name: String,
    /// Programming interface it is reached through: `vulkan`, `metal`, `dx12` or `gl`.
    pub backend: String,
    /// The sort of processor.
    pub kind: AdapterKind,
    /// Name and version of the driver.
    pub driver: String,
    /// Whether compute shaders run on it.
    pub compute: bool,
    /// Whether shaders may calculate in 16-bit floating point.
    pub shader_f16: bool,
    /// Whether shaders have subgroup operations.
    pub subgroups: bool,
    /// Whether the time of GPU work can be measured on the GPU.
    pub timestamps: bool,
    /// Longest side of a texture, in pixels.
    pub max_texture_side_px: u32,
    /// Largest storage buffer that a shader can see, in bytes.
    pub max_storage_binding_bytes: u64,
    /// Memory that the threads of a workgroup share, in bytes.
    pub max_workgroup_storage_bytes: u32,
    /// Most threads in a workgroup.
    pub max_workgroup_threads: u32,
}

/// Longest side of a picture that the composition works on: an adapter must take such a texture.
const LEAST_TEXTURE_SIDE_PX: u32 = 4096;
/// Workgroup size that the kernels are written for.
const LEAST_WORKGROUP_THREADS: u32 = 256;

impl AdapterDescription {
    pub(super) fn of(adapter: &wgpu::Adapter) -> Self {
        let (info, features, limits) = (adapter.get_info(), adapter.features(), adapter.limits());
        let compute = adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS);
        Self {
            kind: kind_of(&info),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            backend: info.backend.to_str().to_owned(),
            name: info.name,
            compute,
            shader_f16: features.contains(wgpu::Features::SHADER_F16),
            subgroups: features.contains(wgpu::Features::SUBGROUP),
            timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
            max_texture_side_px: limits.max_texture_dimension_2d,
            max_storage_binding_bytes: limits.max_storage_buffer_binding_size,
            max_workgroup_storage_bytes: limits.max_compute_workgroup_storage_size,
            max_workgroup_threads: limits.max_compute_invocations_per_workgroup,
        }
    }

    /// Whether the kernels can run on it at all, fast or not.
    pub fn runs_kernels(&self) -> bool {
        self.compute && self.max_texture_side_px >= LEAST_TEXTURE_SIDE_PX && self.max_workgroup_threads >= LEAST_WORKGROUP_THREADS
    }

    /// How good a choice it is: the kind decides, then half precision, then anything rather than OpenGL.
    fn rank(&self) -> (u8, bool, bool) {
        let kind = match self.kind {
            AdapterKind::Discrete => 4,
            AdapterKind::Integrated => 3,
            AdapterKind::Virtual => 2,
            AdapterKind::Unknown => 1,
            AdapterKind::Software => 0,
        };
        (kind, self.backend != "gl", self.shader_f16)
    }
}

/// Software rasterisers reached through OpenGL do not always call themselves a CPU, but their names are well known.
fn kind_of(info: &wgpu::AdapterInfo) -> AdapterKind {
    let name = info.name.to_lowercase();
    if ["llvmpipe", "softpipe", "swiftshader", "lavapipe", "basic render"].iter().any(|software| name.contains(software)) {
        return AdapterKind::Software;
    }
    match info.device_type {
        wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
        wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
        wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
        wgpu::DeviceType::Cpu => AdapterKind::Software,
        wgpu::DeviceType::Other => AdapterKind::Unknown,
    }
}

/// The best of all adapters that run the kernels, by its place among them; of equals the first.
pub fn best_adapter(adapters: &[AdapterDescription]) -> Option<usize> {
    let fit = adapters.iter().enumerate().filter(|(_, adapter)| adapter.runs_kernels());
    // `max_by_key` takes the last of equals.
    fit.rev().max_by_key(|(_, adapter)| adapter.rank()).map(|(index, _)| index)
}

/// Milliseconds that a piece of work took on each side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialMs {
    /// On the CPU.
    pub cpu: f64,
    /// On the adapter, finished work included; infinite for one that cannot do it.
    pub gpu: f64,
}

impl TrialMs {
    /// How many times faster the adapter is than the CPU.
    pub fn speedup(self) -> f64 {
        self.cpu / self.gpu
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, backend: &str, kind: AdapterKind) -> AdapterDescription {
        AdapterDescription {
            name: name.to_owned(),
            backend: backend.to_owned(),
            kind,
            driver: String::new(),
            compute: true,
            shader_f16: true,
            subgroups: true,
            timestamps: true,
            max_texture_side_px: 16_384,
            max_storage_binding_bytes: 1 << 27,
            max_workgroup_storage_bytes: 32_768,
            max_workgroup_threads: 1024,
        }
    }

    #[test]
    fn real_graphics_processors_win_in_the_order_of_their_kind() {
        let all = [
            adapter("llvmpipe", "vulkan", AdapterKind::Software),
            adapter("card", "gl", AdapterKind::Discrete),
            adapter("chip", "vulkan", AdapterKind::Integrated),
            adapter("card", "vulkan", AdapterKind::Discrete),
            adapter("card two", "vulkan", AdapterKind::Discrete),
        ];
        assert_eq!(best_adapter(&all), Some(3), "the first discrete one that is not OpenGL");
        assert_eq!(best_adapter(&all[..3]), Some(1), "a discrete one through OpenGL before an integrated one");
        assert_eq!(best_adapter(&all[..1]), Some(0), "a software one if there is no other");
    }

    #[test]
    fn an_adapter_that_cannot_run_the_kernels_is_none() {
        let good = adapter("card", "vulkan", AdapterKind::Discrete);
        let weak = [
            AdapterDescription { compute: false, ..good.clone() },
            AdapterDescription { max_texture_side_px: 2048, ..good.clone() },
            AdapterDescription { max_workgroup_threads: 128, ..good },
        ];
        assert_eq!(best_adapter(&[]), None, "nothing");
        assert_eq!(best_adapter(&weak), None, "no compute shaders, small textures, small workgroups");
    }
}
