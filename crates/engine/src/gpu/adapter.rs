//! What is known about an adapter, and whether the live picture shall be computed on it.

use serde::Serialize;

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
/// A software adapter shares the cores with tracking and with the window, which it draws, too: it must be this many times faster to be worth it.
const SOFTWARE_SPEEDUP: f64 = 1.5;
/// One of unknown nature may be anything, also software behind a virtual machine's wall: it must at least be faster.
const UNKNOWN_SPEEDUP: f64 = 1.0;
/// Workgroup size that the kernels are written for.
const LEAST_WORKGROUP_THREADS: u32 = 256;

impl AdapterKind {
    /// How many times faster than the CPU an adapter has to be measured before it is used; `None` where there is no doubt that it is.
    fn speedup_needed(self) -> Option<f64> {
        match self {
            Self::Discrete | Self::Integrated => None,
            Self::Virtual | Self::Unknown => Some(UNKNOWN_SPEEDUP),
            Self::Software => Some(SOFTWARE_SPEEDUP),
        }
    }

    /// Whether such an adapter should be measured before it is used.
    pub fn is_doubtful(self) -> bool {
        self.speedup_needed().is_some()
    }
}

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

/// Where the live picture is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Executor {
    /// On the adapter with this index in the list that was chosen from.
    Gpu(usize),
    /// On the CPU, by the kernels' twins.
    Cpu,
}

/// The executor, and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChosenExecutor {
    /// Where the live picture is computed.
    pub executor: Executor,
    /// A sentence for the user.
    pub reason: String,
}

/// Chooses among all adapters. `speedup` is how many times faster than the CPU twin the best of them was measured to be, which counts only where there is
/// a doubt; without a measurement a software adapter counts as none.
pub fn choose_executor(adapters: &[AdapterDescription], speedup: Option<f64>) -> ChosenExecutor {
    let fit = adapters.iter().enumerate().filter(|(_, a)| a.runs_kernels());
    // Of equals the first: max_by_key would take the last.
    let Some((index, best)) = fit.rev().max_by_key(|(_, a)| a.rank()) else {
        let reason = if adapters.is_empty() { "no graphics adapter was found" } else { "no adapter runs the kernels" };
        return ChosenExecutor { executor: Executor::Cpu, reason: reason.to_owned() };
    };
    let on_gpu = |reason| ChosenExecutor { executor: Executor::Gpu(index), reason };
    let on_cpu = |reason| ChosenExecutor { executor: Executor::Cpu, reason };
    let what = if best.kind == AdapterKind::Software { "is a software adapter" } else { "does not say what it is" };
    match (best.kind.speedup_needed(), speedup) {
        (Some(needed), Some(speedup)) if speedup > needed => {
            on_gpu(format!("{} {what}, but was measured {speedup:.1} times as fast as the CPU code", best.name))
        }
        (Some(_), Some(speedup)) => {
            on_cpu(format!("{} {what}, and was measured at {speedup:.2} times the speed of the CPU code", best.name))
        }
        (Some(_), None) if best.kind == AdapterKind::Software => {
            on_cpu(format!("{} is a software adapter, which is too slow for live use", best.name))
        }
        _ => on_gpu(format!("{} ({}) is a graphics processor that runs all kernels", best.name, best.backend)),
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

    fn chosen(adapters: &[AdapterDescription], speedup: Option<f64>) -> Executor {
        choose_executor(adapters, speedup).executor
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
        assert_eq!(chosen(&all, Some(9.0)), Executor::Gpu(3), "the first discrete one that is not OpenGL");
        assert_eq!(chosen(&all[..3], None), Executor::Gpu(1), "a discrete one through OpenGL before an integrated one");
    }

    #[test]
    fn software_counts_only_when_measured_faster() {
        let all = [adapter("llvmpipe", "vulkan", AdapterKind::Software)];
        assert_eq!(chosen(&all, None), Executor::Cpu, "not measured");
        assert_eq!(chosen(&all, Some(0.4)), Executor::Cpu, "slower");
        assert_eq!(chosen(&all, Some(f64::NAN)), Executor::Cpu, "a failed measurement");
        assert_eq!(chosen(&all, Some(1.2)), Executor::Cpu, "hardly faster");
        assert_eq!(chosen(&all, Some(2.0)), Executor::Gpu(0), "much faster");
        assert!(choose_executor(&all, Some(0.4)).reason.contains("0.40"), "the reason has the figure");
    }

    #[test]
    fn an_adapter_of_unknown_nature_must_not_be_slower() {
        for kind in [AdapterKind::Virtual, AdapterKind::Unknown] {
            let all = [adapter("something", "vulkan", kind)];
            assert!(kind.is_doubtful(), "{kind:?} is measured");
            assert_eq!(chosen(&all, None), Executor::Gpu(0), "{kind:?}: not measured yet");
            assert_eq!(chosen(&all, Some(0.9)), Executor::Cpu, "{kind:?}: slower");
            assert_eq!(chosen(&all, Some(1.2)), Executor::Gpu(0), "{kind:?}: faster");
        }
        let card = [adapter("card", "vulkan", AdapterKind::Discrete)];
        assert!(!AdapterKind::Discrete.is_doubtful() && chosen(&card, Some(0.1)) == Executor::Gpu(0), "no doubt about a card");
    }

    #[test]
    fn nothing_usable_means_the_cpu_with_a_reason() {
        let mut weak = adapter("old card", "gl", AdapterKind::Discrete);
        weak.compute = false;
        assert_eq!(chosen(&[], None), Executor::Cpu, "no adapter");
        assert_eq!(chosen(&[weak.clone()], None), Executor::Cpu, "no compute shaders");
        assert_ne!(choose_executor(&[], None).reason, choose_executor(&[weak], None).reason, "the two are told apart");
    }
}
