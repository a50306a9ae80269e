//! Mends the eyes and the mouth of one portrait, frame after frame.

use candle_core::Tensor;
use glam::Vec3;
use image::RgbaImage;
use rayon::prelude::*;
use retrato_core::data::{Crop, FaceMesh, MeshMotion, MouthPicture, PartChange};
use retrato_head::{FacePart, PartView, TemplateError};
use retrato_model::{FrozenGenerator, GeneratorMemory, MouthPrior, PartNets, SOURCE_NUMBERS};

use crate::input::{PartInput, fade, mirrored_columns};
use crate::mouth::mouth_picture;

/// Why parts cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// A network fails.
    #[error("the networks of eyes and mouth fail: {0}")]
    Network(#[from] candle_core::Error),
    /// A damaged build.
    #[error("{0}")]
    Template(#[from] TemplateError),
}

/// The eyes and the mouth of one portrait, with the networks in its person's style.
pub struct PartPainter {
    parts: Vec<Painted>,
    prior: Option<MouthPrior>,
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
    mouth: MouthPicture,
    fade: Vec<f32>,
}

impl PartPainter {
    /// Of a portrait's picture with its mesh, for the person of an embedding `[1, numbers]`.
    ///
    /// # Errors
    /// A damaged build, or an embedding of another size.
    pub fn new(
        nets: &PartNets,
        embedding: &Tensor,
        picture: &RgbaImage,
        crop: Crop,
        mesh_in_crop: &FaceMesh,
        prior: Option<MouthPrior>,
    ) -> Result<Self, PartError> {
        let painted = |part: FacePart| {
            let net = if part == FacePart::Mouth { &nets.mouth } else { &nets.eye };
            Ok(Painted {
                view: PartView::new(part, picture, crop, mesh_in_crop)?,
                net: net.generator.freeze(&net.projection.project(embedding)?)?,
                memory: GeneratorMemory::default(),
                input: PartInput::default(),
                mouth: MouthPicture::default(),
                fade: fade(part.size()),
            })
        };
        Ok(Self { parts: FacePart::ALL.into_iter().map(painted).collect::<Result<_, PartError>>()?, prior })
    }

    /// What is to be changed of the parts in one frame.
    ///
    /// # Errors
    /// A network that fails.
    pub fn changes(&mut self, motion: &MeshMotion) -> Result<Vec<PartChange>, PartError> {
        let prior = self.prior.as_ref();
        self.parts.par_iter_mut().map(|part| part.change(motion, prior)).collect()
    }
}

impl Painted {
    fn change(&mut self, motion: &MeshMotion, prior: Option<&MouthPrior>) -> Result<PartChange, PartError> {
        let Self { view, net, memory, input, mouth, fade } = self;
        let part = view.part();
        let size = part.size();
        let posed = view.place(motion);
        if let Some(prior) = prior.filter(|_| part == FacePart::Mouth) {
            *mouth = mouth_picture(prior, &posed.mesh.landmarks().0, [0, 0], size, 1, std::mem::take(mouth));
        }
        view.draw(&posed, mouth);
        input.fill(part, view.drawn(), &posed.mesh, view.mesh_at_rest());
        let [width, height] = size;
        net.forward([height, width], &input.source, &input.guide, memory)?;
        let pairs = memory.picture().as_chunks::<3>().0.iter().zip(input.source.as_chunks::<SOURCE_NUMBERS>().0);
        let mut added: Vec<f32> = pairs.flat_map(|(made, drawn)| [0, 1, 2].map(|n| made[n].clamp(0.0, 1.0) - drawn[n])).collect();
        if part == FacePart::LeftEye {
            mirrored_columns(&mut added, width, 3);
        }
        let added = added.as_chunks::<3>().0.iter().zip(fade.iter()).map(|(added, fade)| Vec3::from_array(*added) * *fade).collect();
        Ok(PartChange { place: posed.place, size, added })
    }
}
