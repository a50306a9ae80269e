//! The ground behind the portrait, drawn by one small shader: a software renderer would spend most of a frame on it otherwise.

use egui::{Color32, Rect};
use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};

const SHADER: &str = include_str!("../../../shaders/stage.wgsl");

mod gpu_data {
    /// `Stage` of `stage.wgsl`.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
    pub(super) struct Stage {
        pub(super) edge: [f32; 4],
        pub(super) glow: [f32; 4],
        pub(super) shadow: [f32; 4],
        pub(super) centre: [f32; 2],
        pub(super) reach: [f32; 2],
        pub(super) blur: f32,
        pub(super) darkness: f32,
        pub(super) _padding: [f32; 2],
    }

    const _: () = assert!(size_of::<Stage>() == 80, "must be as large as in the shader");
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
    uniforms: wgpu::Buffer,
}

impl GroundPainter {
    pub(in crate::present) fn new(state: &RenderState) -> Self {
        let device = &state.device;
        let blend = wgpu::BlendState::REPLACE;
        let pipeline = super::fill_pipeline(device, "stage", SHADER, state.target_format, blend);
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("stage"),
            size: size_of::<gpu_data::Stage>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("stage"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: uniforms.as_entire_binding() }],
        });
        Self { pipeline, bindings, uniforms }
    }

    /// The shape that fills `rect` with a ground. One a frame: a second one would overwrite the first one's uniforms.
    pub(in crate::present) fn shape(&self, rect: Rect, ground: Ground) -> egui::Shape {
        egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, DrawGround { backdrop: self.clone(), rect, ground }))
    }
}

struct DrawGround {
    backdrop: GroundPainter,
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
        let stage = in_pixels(self.rect, &self.ground, screen.pixels_per_point);
        queue.write_buffer(&self.backdrop.uniforms, 0, bytemuck::bytes_of(&stage));
        Vec::new()
    }

    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        pass.set_pipeline(&self.backdrop.pipeline);
        pass.set_bind_group(0, &self.backdrop.bindings, &[]);
        pass.draw(0..4, 0..1);
    }
}

fn in_pixels(rect: Rect, ground: &Ground, pixels_per_point: f32) -> gpu_data::Stage {
    let shadow = ground.shadow.unwrap_or(Rect::ZERO) * pixels_per_point;
    let centre = (rect.center() - egui::vec2(0.0, rect.height() * 0.06)) * pixels_per_point;
    let reach = egui::vec2(rect.width() * 0.72, rect.height() * 0.78).max(egui::Vec2::splat(1.0)) * pixels_per_point;
    gpu_data::Stage {
        edge: ground.edge.to_normalized_gamma_f32(),
        glow: ground.glow.to_normalized_gamma_f32(),
        shadow: [shadow.min.x, shadow.min.y, shadow.max.x, shadow.max.y],
        centre: centre.into(),
        reach: reach.into(),
        blur: (ground.blur * 0.5 * pixels_per_point).max(0.5),
        darkness: if ground.shadow.is_some() { ground.darkness } else { 0.0 },
        _padding: [0.0; 2],
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
        assert_eq!(whole(&stage.shadow), [20, 20, 180, 180], "the shadow's box in physical pixels");
        assert_eq!(whole(&[stage.blur, stage.centre[0], stage.centre[1]]), [20, 100, 88], "penumbra and glow too");
        let bare = in_pixels(rect, &Ground { shadow: None, ..ground }, 2.0);
        assert!(bare.darkness.abs() < 1e-6, "no picture, no shadow");
    }
}
