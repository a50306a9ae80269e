//! The ground behind the portrait, drawn by one small shader: a software renderer would spend most of a frame on it otherwise.

use egui::{Color32, Rect};
use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use glam::{Vec2, Vec4};
use retrato_core::wgsl_struct;

use crate::gpu::Uniform;
use crate::wgsl::{Shader, Wgsl as _};

static STAGE: Shader =
    Shader { file: "stage.wgsl", code: include_str!("../../../shaders/stage.wgsl"), needs: &[], declares: |into| into.declare::<Stage>() };

wgsl_struct! {
    /// How the ground looks to the shader; all places and lengths in physical pixels of the window.
    #[derive(Clone, Debug, PartialEq)]
    struct Stage {
        edge: Vec4,
        glow: Vec4,
        /// The shadow's box: left, top, right, bottom.
        shadow: Vec4,
        /// Middle of the glow, and its reach each way.
        centre: Vec2,
        reach: Vec2,
        /// Half the width of the shadow's penumbra.
        blur: f32,
        /// How dark the shadow is, 0 to 1.
        darkness: f32,
    }
}

/// How the ground looks; everything in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::present) struct Ground {
    /// Colour at the edges.
    pub(in crate::present) edge: Color32,
    /// Colour in the middle.
    pub(in crate::present) glow: Color32,
    /// The box that throws the shadow, already moved to where the shadow falls.
    pub(in crate::present) shadow: Option<Rect>,
    /// Width of the shadow's penumbra.
    pub(in crate::present) blur: f32,
    /// How dark the shadow is, 0 to 1.
    pub(in crate::present) darkness: f32,
}

impl Ground {
    /// One colour all over.
    pub(in crate::present) fn plain(colour: Color32) -> Self {
        Self { edge: colour, glow: colour, shadow: None, blur: 0.0, darkness: 0.0 }
    }
}

/// Draws grounds on the window's device. Cheap to clone.
#[derive(Clone, Debug)]
pub struct GroundPainter {
    pipeline: wgpu::RenderPipeline,
    bindings: wgpu::BindGroup,
    uniform: Uniform<Stage>,
}

impl GroundPainter {
    pub(in crate::present) fn new(state: &RenderState) -> Self {
        let device = &state.device;
        let blend = wgpu::BlendState::REPLACE;
        let pipeline = super::fill_pipeline(device, "stage", &STAGE.source(), state.target_format, blend);
        let uniform = Uniform::new(device, &state.queue, "stage", &Stage::zero());
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("stage"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: uniform.buffer().as_entire_binding() }],
        });
        Self { pipeline, bindings, uniform }
    }

    /// The shape that fills `rect` with a ground. One a frame: a second one would overwrite the first one's parameters.
    pub(in crate::present) fn shape(&self, rect: Rect, ground: Ground) -> egui::Shape {
        egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, DrawGround { painter: self.clone(), rect, ground }))
    }
}

struct DrawGround {
    painter: GroundPainter,
    rect: Rect,
    ground: Ground,
}

impl CallbackTrait for DrawGround {
    fn prepare(
        &self,
        _: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _: &mut wgpu::CommandEncoder,
        _: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        self.painter.uniform.set(queue, &in_pixels(self.rect, &self.ground, screen.pixels_per_point));
        Vec::new()
    }

    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        pass.set_pipeline(&self.painter.pipeline);
        pass.set_bind_group(0, &self.painter.bindings, &[]);
        pass.draw(0..4, 0..1);
    }
}

fn in_pixels(rect: Rect, ground: &Ground, pixels_per_point: f32) -> Stage {
    let shadow = ground.shadow.unwrap_or(Rect::ZERO) * pixels_per_point;
    let centre = (rect.center() - egui::vec2(0.0, rect.height() * 0.06)) * pixels_per_point;
    let reach = egui::vec2(rect.width() * 0.72, rect.height() * 0.78).max(egui::Vec2::splat(1.0)) * pixels_per_point;
    Stage {
        edge: ground.edge.to_normalized_gamma_f32().into(),
        glow: ground.glow.to_normalized_gamma_f32().into(),
        shadow: Vec4::new(shadow.min.x, shadow.min.y, shadow.max.x, shadow.max.y),
        centre: Vec2::new(centre.x, centre.y),
        reach: Vec2::new(reach.x, reach.y),
        blur: (ground.blur * 0.5 * pixels_per_point).max(0.5),
        darkness: if ground.shadow.is_some() { ground.darkness } else { 0.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_scales_with_the_density_of_the_display() {
        let rect = Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(100.0, 100.0));
        let ground = Ground { edge: Color32::BLACK, glow: Color32::WHITE, shadow: Some(rect.shrink(10.0)), blur: 20.0, darkness: 0.5 };
        let stage = in_pixels(rect, &ground, 2.0);
        let whole = |values: &[f32]| values.iter().map(|v| v.round() as i32).collect::<Vec<_>>();
        assert_eq!(whole(&stage.shadow.to_array()), [20, 20, 180, 180], "the shadow's box in physical pixels");
        assert_eq!(whole(&[stage.blur, stage.centre.x, stage.centre.y]), [20, 100, 88], "penumbra and glow too");
        let bare = in_pixels(rect, &Ground { shadow: None, ..ground }, 2.0);
        assert!(bare.darkness.abs() < 1e-6, "no picture, no shadow");
    }

    #[test]
    fn the_shader_is_valid_and_its_struct_lies_where_it_is_written() {
        let source = STAGE.source();
        let module = naga::front::wgsl::parse_str(&source).unwrap_or_else(|fault| panic!("{}", fault.emit_to_string(&source)));
        let checks = naga::valid::ValidationFlags::all();
        naga::valid::Validator::new(checks, naga::valid::Capabilities::empty()).validate(&module).expect("a valid shader");
        let found = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some("Stage")).map(|(_, ty)| &ty.inner);
        let Some(naga::TypeInner::Struct { members, span }) = found else { panic!("there is no such struct: {found:?}") };
        let declarations = STAGE.declarations();
        let [written] = declarations.structs() else { panic!("one struct") };
        assert_eq!(*span as usize, written.size, "its size");
        let offsets: Vec<usize> = members.iter().map(|member| member.offset as usize).collect();
        assert_eq!(offsets, written.members.iter().map(|member| member.offset).collect::<Vec<_>>(), "its members");
    }
}
