//! The pipelines that draw a head: one shader, whose entry points and constants they choose.

use super::head_pass::{COLOUR, DEPTH, HEAD, SAMPLES};

pub(super) struct Pipelines {
    pub(super) background: wgpu::RenderPipeline,
    /// Depth alone, of back, front and face.
    pub(super) depth: [wgpu::RenderPipeline; 3],
    pub(super) surfaces: [wgpu::RenderPipeline; 5],
    pub(super) openings: wgpu::RenderPipeline,
    /// What is added, and what is taken away.
    pub(super) changes: [wgpu::RenderPipeline; 2],
}

/// The fragment that only depth is drawn with.
const NOTHING: &str = "nothing";

/// What tells the pipelines apart.
#[derive(Clone, Copy)]
struct Kind {
    vertex: &'static str,
    fragment: &'static str,
    slot: f64,
    nearer: f64,
    compare: wgpu::CompareFunction,
    blends: Blends,
}

/// What becomes of the colours that are there.
#[derive(Clone, Copy, PartialEq)]
enum Blends {
    Replaces,
    /// Covers what is there; the picture's own transparency stays.
    Covers,
    /// Adds to what is there.
    Adds,
    /// Takes away from what is there.
    Subtracts,
}

impl Blends {
    fn state(self) -> Option<wgpu::BlendState> {
        let colour = |dst_factor, operation| wgpu::BlendState {
            color: wgpu::BlendComponent { src_factor: wgpu::BlendFactor::One, dst_factor, operation },
            alpha: wgpu::BlendComponent::REPLACE,
        };
        match self {
            Self::Replaces => None,
            Self::Covers => Some(colour(wgpu::BlendFactor::OneMinusSrcAlpha, wgpu::BlendOperation::Add)),
            Self::Adds => Some(colour(wgpu::BlendFactor::One, wgpu::BlendOperation::Add)),
            Self::Subtracts => Some(colour(wgpu::BlendFactor::One, wgpu::BlendOperation::ReverseSubtract)),
        }
    }
}

impl Pipelines {
    /// `near`: by how much the far side's look lies before its surface, in pixels of the picture.
    pub(super) fn new(device: &wgpu::Device, layout: &wgpu::BindGroupLayout, near: f32) -> Self {
        let source = wgpu::ShaderSource::Wgsl(HEAD.source().into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(HEAD.file), source });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("head"),
            bind_group_layouts: &[Some(layout)],
            immediate_size: 0,
        });
        let make = |kind: Kind| pipeline(device, &module, &layout, kind);
        let nearest = wgpu::CompareFunction::LessEqual;
        let look = Kind { vertex: "surface", fragment: NOTHING, slot: 0.0, nearer: 0.0, compare: nearest, blends: Blends::Covers };
        let far = |fragment, slot| Kind { fragment, slot, nearer: f64::from(near), ..look };
        Self {
            background: make(Kind {
                vertex: "whole",
                fragment: "background",
                compare: wgpu::CompareFunction::Always,
                blends: Blends::Replaces,
                ..look
            }),
            depth: [2.0, 1.0, 0.0].map(|slot| make(Kind { slot, ..look })),
            surfaces: [
                make(Kind { fragment: "back", slot: 2.0, ..look }),
                make(Kind { fragment: "front", slot: 1.0, ..look }),
                make(far("far_front", 1.0)),
                make(Kind { fragment: "face", ..look }),
                make(far("far_side", 0.0)),
            ],
            openings: make(Kind { vertex: "opening_corner", fragment: "opening", ..look }),
            changes: [("added", Blends::Adds), ("taken", Blends::Subtracts)].map(|(fragment, blends)| {
                make(Kind { vertex: "changed_corner", fragment, compare: wgpu::CompareFunction::Always, blends, ..look })
            }),
        }
    }
}

fn pipeline(device: &wgpu::Device, module: &wgpu::ShaderModule, layout: &wgpu::PipelineLayout, kind: Kind) -> wgpu::RenderPipeline {
    let constants = [("SLOT", kind.slot), ("NEARER", kind.nearer)];
    let options = || wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
    let four = wgpu::vertex_attr_array![0 => Float32x4];
    let source = wgpu::vertex_attr_array![1 => Float32x2];
    let opening = wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4];
    let of =
        |array_stride, attributes| Some(wgpu::VertexBufferLayout { array_stride, step_mode: wgpu::VertexStepMode::Vertex, attributes });
    let buffers: Vec<_> = match kind.vertex {
        "surface" => vec![of(16, &four[..]), of(8, &source[..])],
        "opening_corner" => vec![of(32, &opening[..])],
        "changed_corner" => vec![of(16, &four[..])],
        _ => Vec::new(),
    };
    let write_mask = if kind.blends == Blends::Replaces { wgpu::ColorWrites::ALL } else { wgpu::ColorWrites::COLOR };
    let write_mask = if kind.fragment == NOTHING { wgpu::ColorWrites::empty() } else { write_mask };
    let targets = [Some(wgpu::ColorTargetState { format: COLOUR, blend: kind.blends.state(), write_mask })];
    let is_turned = kind.vertex == "surface";
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("head"),
        layout: Some(layout),
        vertex: wgpu::VertexState { module, entry_point: Some(kind.vertex), compilation_options: options(), buffers: &buffers },
        primitive: wgpu::PrimitiveState {
            front_face: wgpu::FrontFace::Cw,
            cull_mode: is_turned.then_some(wgpu::Face::Back),
            ..Default::default()
        },
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH,
            depth_write_enabled: Some(kind.fragment == NOTHING),
            depth_compare: Some(kind.compare),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: wgpu::MultisampleState { count: SAMPLES, ..Default::default() },
        fragment: Some(wgpu::FragmentState { module, entry_point: Some(kind.fragment), compilation_options: options(), targets: &targets }),
        multiview_mask: None,
        cache: None,
    })
}
