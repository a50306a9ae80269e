//! The kernels of a frame, compiled for one device.

use super::precision::Precision;
use super::shaders::{CONV, GENERATOR_INPUT, MOTION_FLOW, MOTION_INPUT, PAINT, REACH, SHOW};

/// How a kernel uses a buffer.
#[derive(Clone, Copy)]
pub(crate) enum Use {
    Read,
    Write,
    Uniform,
    /// A uniform whose place is said when it is bound.
    Placed,
}

use Use::{Placed, Read, Uniform, Write};

/// Pipelines of one shader: they share their bindings, numbered from 0 on.
pub(crate) struct Kernel<const N: usize> {
    pipelines: [wgpu::ComputePipeline; N],
    layout: wgpu::BindGroupLayout,
}

impl<const N: usize> Kernel<N> {
    pub(crate) fn new(device: &wgpu::Device, module: &wgpu::ShaderModule, label: &str, uses: &[Use], entries: [&str; N]) -> Self {
        let entry = |(binding, used): (usize, &Use)| {
            let ty = match used {
                Read => wgpu::BufferBindingType::Storage { read_only: true },
                Write => wgpu::BufferBindingType::Storage { read_only: false },
                Uniform | Placed => wgpu::BufferBindingType::Uniform,
            };
            let has_dynamic_offset = matches!(used, Placed);
            wgpu::BindGroupLayoutEntry {
                binding: binding as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
                count: None,
            }
        };
        let bindings: Vec<_> = uses.iter().enumerate().map(entry).collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &bindings });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = |entry: &str| {
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(label),
                layout: Some(&pipeline_layout),
                module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        Self { pipelines: entries.map(pipeline), layout }
    }

    /// Binds whole buffers, in the order of the bindings.
    pub(crate) fn bind(&self, device: &wgpu::Device, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let resources = buffers.iter().map(|buffer| buffer.as_entire_binding());
        self.bind_parts(device, resources)
    }

    /// Binds buffers or parts of them, in the order of the bindings.
    pub(super) fn bind_parts<'a>(
        &self,
        device: &wgpu::Device,
        resources: impl IntoIterator<Item = wgpu::BindingResource<'a>>,
    ) -> wgpu::BindGroup {
        let entries: Vec<_> = (0..).zip(resources).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &self.layout, entries: &entries })
    }

    /// Runs entry number `entry` on so many groups of threads.
    pub(crate) fn run(&self, pass: &mut wgpu::ComputePass<'_>, entry: usize, bindings: &wgpu::BindGroup, groups: [u32; 3]) {
        self.run_placed(pass, entry, bindings, &[], groups);
    }

    /// The same with the places of uniforms that are [`Placed`].
    pub(super) fn run_placed(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        entry: usize,
        bindings: &wgpu::BindGroup,
        places: &[u32],
        [x, y, z]: [u32; 3],
    ) {
        pass.set_pipeline(&self.pipelines[entry]);
        pass.set_bind_group(0, bindings, places);
        pass.dispatch_workgroups(x, y, z);
    }
}

/// All of them.
pub(super) struct Kernels {
    pub(super) precision: Precision,
    /// Convolution of large pictures, of small ones, enlargement with addition, enlargement beside another picture.
    pub(super) conv: Kernel<4>,
    pub(super) motion_input: Kernel<1>,
    /// Mixture, what landmarks miss, its correction, and the corrected flow.
    pub(super) motion_flow: Kernel<4>,
    /// The flow over the reach, and what is uncovered.
    pub(super) reach: Kernel<2>,
    pub(super) show: Kernel<1>,
    pub(super) generator_input: Kernel<1>,
    /// What the generator changes, and the paint.
    pub(super) paint: Kernel<2>,
}

impl Kernels {
    pub(super) fn new(device: &wgpu::Device, precision: Precision) -> Self {
        let [conv, motion_input, motion_flow, reach, show, generator_input, paint] =
            [&CONV, &MOTION_INPUT, &MOTION_FLOW, &REACH, &SHOW, &GENERATOR_INPUT, &PAINT].map(|shader| precision.module(device, shader));
        Self {
            precision,
            conv: Kernel::new(
                device,
                &conv,
                "convolution",
                &[Uniform, Placed, Read, Read, Read, Read, Write],
                ["conv", "conv_split", "enlarge", "beside"],
            ),
            motion_input: Kernel::new(device, &motion_input, "motion input", &[Read, Read, Read, Write, Write], ["main"]),
            motion_flow: Kernel::new(
                device,
                &motion_flow,
                "motion flow",
                &[Read, Read, Read, Write, Write, Write, Write],
                ["mixed", "settle", "correct", "snap"],
            ),
            reach: Kernel::new(device, &reach, "reach", &[Read, Read, Read, Read, Read, Write, Write], ["spread", "uncover"]),
            show: Kernel::new(device, &show, "show", &[Read, Read, Read, Read, Read, Read, Read, Write], ["main"]),
            generator_input: Kernel::new(device, &generator_input, "generator input", &[Read, Uniform, Read, Write], ["main"]),
            paint: Kernel::new(device, &paint, "paint", &[Read, Write, Read, Read, Write, Write], ["settle", "main"]),
        }
    }
}
