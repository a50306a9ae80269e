//! Mends the eyes of one portrait, frame after frame.

use candle_core::Tensor;
use glam::Vec3;
use image::RgbaImage;
use rayon::prelude::*;
use retrato_core::data::{Crop, FaceMesh, MeshMotion, MouthPicture, PartChange};
use retrato_head::{FacePart, PartView, TemplateError};
use retrato_model::{FrozenGenerator, GeneratorMemory, PartNets, SOURCE_NUMBERS};

use crate::input::{PartInput, fade, mirrored_columns};

/// Facing of a part up to which nothing of it is changed, and from which on all is: from its side it lies behind nose and cheek. Derived: an eye looks outwards by
/// some 20 degrees itself, so that on the far side these are turns of the head by 46 and by 33 degrees.
const FACING: std::ops::Range<f32> = 0.4..0.6;

/// Parts that the networks mend. The mouth is not among them: its network, trained for an hour, makes mud of teeth that stand in their own light (m+e SSIM of `smile` and
/// `lively_turns` .739 with it and .735 without, L1 .044 and .047, but on every sheet that was looked at the teeth were worse).
const MENDED: [FacePart; 2] = [FacePart::RightEye, FacePart::LeftEye];

/// Why parts cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// A network fails.
    #[error("the network of the eyes fails: {0}")]
    Network(#[from] candle_core::Error),
    /// A damaged build.
    #[error("{0}")]
    Template(#[from] TemplateError),
}

/// The eyes of one portrait, with the networks in its person's style.
pub struct PartPainter {
    parts: Vec<Painted>,
}

impl std::fmt::Debug for PartPainter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartPainter").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

struct Painted {
    view: PartView,
    net: FrozenGenerator,
    memory: GeneratorMemory,
    input: PartInput,
    fade: Vec<f32>,
}

impl PartPainter {
    /// Of a portrait's picture with its mesh, for the person of an embedding `[1, numbers]`.
    ///
    /// # Errors
    /// A damaged build, or an embedding of another size.
    pub fn new(nets: &PartNets, embedding: &Tensor, picture: &RgbaImage, crop: Crop, mesh_in_crop: &FaceMesh) -> Result<Self, PartError> {
        let painted = |part: FacePart| {
            let net = &nets.eye;
            Ok(Painted {
                view: PartView::new(part, picture, crop, mesh_in_crop)?,
                net: net.generator.freeze(&net.projection.project(embedding)?)?,
                memory: GeneratorMemory::default(),
                input: PartInput::default(),
                fade: fade(part.size()),
            })
        };
        Ok(Self { parts: MENDED.into_iter().map(painted).collect::<Result<_, PartError>>()? })
    }

    /// What is to be changed of the parts in one frame.
    ///
    /// # Errors
    /// A network that fails.
    pub fn changes(&mut self, motion: &MeshMotion) -> Result<Vec<PartChange>, PartError> {
        self.parts.par_iter_mut().map(|part| part.change(motion)).collect()
    }
}

impl Painted {
    fn change(&mut self, motion: &MeshMotion) -> Result<PartChange, PartError> {
        let Self { view, net, memory, input, fade } = self;
        let part = view.part();
        let size = part.size();
        let posed = view.place(motion);
        view.draw(&posed, &MouthPicture::default());
        input.fill(part, view.drawn(), &posed.mesh, view.mesh_at_rest());
        let [width, height] = size;
        net.forward([height, width], &input.source, &input.guide, memory)?;
        let pairs = memory.picture().as_chunks::<3>().0.iter().zip(input.source.as_chunks::<SOURCE_NUMBERS>().0);
        let mut added: Vec<f32> = pairs.flat_map(|(made, drawn)| [0, 1, 2].map(|n| made[n].clamp(0.0, 1.0) - drawn[n])).collect();
        if part == FacePart::LeftEye {
            mirrored_columns(&mut added, width, 3);
        }
        let seen = ((posed.facing - FACING.start) / (FACING.end - FACING.start)).clamp(0.0, 1.0);
        let pixels = added.as_chunks::<3>().0.iter().zip(fade.iter());
        let added = pixels.map(|(added, fade)| Vec3::from_array(*added) * (seen * *fade)).collect();
        Ok(PartChange { place: posed.place, size, added })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use candle_core::{DType, Device};
    use glam::Mat3;
    use retrato_core::data::HeadMotion;
    use retrato_face::face::MeshModel;
    use retrato_model::{PartConfig, Preset};
    use retrato_nn::Store;

    use super::*;

    const SIDE: u32 = 256;

    fn face() -> FaceMesh {
        MeshModel::shipped().expect("the program's own").mean().map(|p| p * 60.0 + Vec3::new(128.0, 110.0, 0.0))
    }

    fn painter(store: &Store) -> anyhow::Result<PartPainter> {
        let config = PartConfig::of(Preset::Retrato);
        let nets = PartNets::new(&store.scope(), &config)?;
        let picture = RgbaImage::from_fn(SIDE, SIDE, |x, y| image::Rgba([x as u8, y as u8, 120, 255]));
        let embedding = Tensor::ones((1, config.embedding), DType::F32, &Device::Cpu)?;
        Ok(PartPainter::new(&nets, &embedding, &picture, Crop::whole(SIDE as f32), &face())?)
    }

    fn turned(yaw: f32) -> MeshMotion {
        let mesh = face();
        let head = HeadMotion::about(mesh.0[168] + 40.0 * Vec3::Z, Mat3::from_rotation_y(yaw), 1.0, Vec3::ZERO);
        MeshMotion { expression_in_crop: Arc::new(mesh), head }
    }

    #[test]
    fn fresh_networks_change_nothing() -> anyhow::Result<()> {
        let changes = painter(&Store::fresh(4, &Device::Cpu))?.changes(&turned(0.3))?;
        assert_eq!(changes.len(), 2, "two eyes");
        for change in changes {
            assert_eq!(change.added.len(), change.size[0] * change.size[1], "every pixel");
            assert!(change.added.iter().all(|added| added.abs().max_element() < 1e-6), "as it is drawn");
        }
        Ok(())
    }

    #[test]
    fn changes_end_inside_of_their_frame_and_with_the_part_turned_away() -> anyhow::Result<()> {
        let store = Store::fresh(4, &Device::Cpu);
        painter(&store)?;
        for (name, variable) in store.variables() {
            if name.ends_with("head.bias") {
                variable.set(&(variable.as_tensor() + 0.5)?)?;
            }
        }
        let mut painter = painter(&store)?;
        for change in painter.changes(&turned(0.0))? {
            let [width, height] = change.size;
            let at = |x: usize, y: usize| change.added[y * width + x].abs().max_element();
            assert!(at(width / 2, height / 2) > 0.01, "something is changed");
            assert!((0..width).all(|x| at(x, 0) == 0.0 && at(x, height - 1) == 0.0), "nothing at the border");
        }
        let away = painter.changes(&turned(1.0))?;
        let sum = |change: &PartChange| change.added.iter().map(|added| added.abs().max_element()).sum::<f32>();
        let [right, left] = [sum(&away[0]), sum(&away[1])];
        assert!(right.min(left) < 0.5 * right.max(left), "the eye on the far side: {right} and {left}");
        Ok(())
    }
}
