//! A device on an adapter: the window's own or one without a window.

use super::{AdapterDescription, AdapterKind, GpuHealth};

/// Why there is no device.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No adapter was wanted or found.
    #[error("no usable graphics adapter; install a Vulkan driver (on Debian mesa-vulkan-drivers), or let the CPU compute the picture")]
    NoAdapter,
    /// The driver refused to open one.
    #[error("the graphics driver of {adapter} gives no device: {cause}; update the driver, or let the CPU compute the picture")]
    NoDevice {
        /// Name of the adapter.
        adapter: String,
        /// What the driver said.
        cause: wgpu::RequestDeviceError,
    },
}

/// A device, its queue and what is known about both. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// Where resources are made.
    pub device: wgpu::Device,
    /// Where work is submitted.
    pub queue: wgpu::Queue,
    /// The adapter it lives on.
    pub info: AdapterDescription,
    /// What went wrong on it.
    pub health: GpuHealth,
    /// Whether it shall run the networks too, beside composing: a software adapter does only when it was asked for.
    pub runs_networks: bool,
}

/// All adapters of this machine and their descriptions; empty when there is none. The variable `WGPU_BACKEND` restricts the search.
pub fn adapters() -> Vec<(wgpu::Adapter, AdapterDescription)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    found.into_iter().map(|adapter| (AdapterDescription::of(&adapter), adapter)).map(|(info, adapter)| (adapter, info)).collect()
}

/// What every device of this program is opened with: all the adapter's limits, and the features that the kernels use where it has them.
pub fn device_descriptor(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    let useful = wgpu::Features::SHADER_F16 | wgpu::Features::TIMESTAMP_QUERY;
    wgpu::DeviceDescriptor {
        label: Some("retrato"),
        required_features: adapter.features() & useful,
        required_limits: adapter.limits(),
        ..Default::default()
    }
}

impl Gpu {
    /// A device without a window, on the adapter that `pick` takes from the descriptions of all.
    pub fn headless(pick: impl FnOnce(&[AdapterDescription]) -> Option<usize>) -> Result<Self, GpuError> {
        let (mut adapters, descriptions): (Vec<_>, Vec<_>) = adapters().into_iter().unzip();
        let index = pick(&descriptions).filter(|&index| index < adapters.len()).ok_or(GpuError::NoAdapter)?;
        Self::open(&adapters.swap_remove(index))
    }

    /// A device without a window on any adapter that runs the kernels, a software one if there is no other: for tests and measurements,
    /// where speed does not matter.
    pub fn any() -> Result<Self, GpuError> {
        Self::headless(|all| {
            let fit = |software: bool| all.iter().position(|a| a.runs_kernels() && (a.kind == AdapterKind::Software) == software);
            fit(false).or_else(|| fit(true))
        })
    }

    /// Opens a device on one adapter.
    pub fn open(adapter: &wgpu::Adapter) -> Result<Self, GpuError> {
        let opened = pollster::block_on(adapter.request_device(&device_descriptor(adapter)));
        let (device, queue) = opened.map_err(|cause| GpuError::NoDevice { adapter: adapter.get_info().name, cause })?;
        Ok(Self::shared(adapter, device, queue))
    }

    /// Takes part in a device that the window has opened with [`device_descriptor`], and listens to its errors.
    pub fn shared(adapter: &wgpu::Adapter, device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let health = GpuHealth::watch(&device);
        let info = AdapterDescription::of(adapter);
        let runs_networks = info.kind != AdapterKind::Software;
        Self { device, queue, info, health, runs_networks }
    }
}

#[cfg(test)]
mod tests {
    use test_needs::needs;

    use super::*;
    use crate::gpu::GpuFault;
    use crate::gpu::testing::gpu_for_test;

    #[needs(gpu)]
    #[test]
    fn a_refused_call_and_a_loss_are_recorded_and_do_not_panic() {
        let gpu = gpu_for_test();
        assert_eq!(gpu.health.fault(), None, "a new device is healthy");
        let too_large = gpu.info.max_texture_side_px + 1;
        drop(gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("too large"),
            size: wgpu::Extent3d { width: too_large, height: 1, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        }));
        assert!(matches!(gpu.health.fault(), Some(GpuFault::Refused(_))), "recorded: {:?}", gpu.health.fault());
        gpu.device.destroy();
        gpu.device.poll(wgpu::PollType::Poll).expect("polling a lost device is harmless");
        assert!(gpu.health.is_lost(), "the loss is seen: {:?}", gpu.health.fault());
    }

    #[test]
    fn an_adapter_that_does_not_exist_is_an_error() {
        assert!(matches!(Gpu::headless(|_| None), Err(GpuError::NoAdapter)), "none picked");
        assert!(matches!(Gpu::headless(|all| Some(all.len())), Err(GpuError::NoAdapter)), "an index past the end");
    }

    #[test]
    fn descriptions_are_complete() {
        for (_, info) in adapters() {
            assert!(!info.name.is_empty() && ["vulkan", "metal", "dx12", "gl"].contains(&info.backend.as_str()), "{info:?}");
            assert!(info.max_texture_side_px >= 2048, "every adapter takes textures of 2048 pixels: {info:?}");
        }
    }
}
