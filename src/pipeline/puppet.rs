//! From tracked motion to the finished picture, for one portrait: retarget, generate, compose. The window and the commands both run this.

use std::sync::Arc;

use image::RgbaImage;

use crate::compose::{ComposeError, CpuCompositor, GpuCompositor};
use crate::data::{PictureChange, Portrait, TrackedFrame};
use crate::generate::{FLOW_CELLS, Generator, GpuTarget};
use crate::gpu::Gpu;
use crate::model::Tuned;
use crate::retarget::Retargeter;
use crate::runtime::Timings;
use crate::session::RenderedImage;
use crate::settings::Controls;

/// Animates one portrait at a time.
pub struct Puppet {
    retargeter: Retargeter,
    generator: Box<dyn Generator>,
    change: PictureChange,
    compositor: Option<Compositor>,
    gpu: Option<Gpu>,
    timings: Timings,
}

enum Compositor {
    Cpu(Box<CpuCompositor>),
    Gpu(Box<GpuCompositor>),
}

impl Puppet {
    /// A puppet without a portrait, moved by `generator`. With a `gpu` the pictures are composed there and stay there.
    pub fn new(generator: Box<dyn Generator>, gpu: Option<Gpu>, timings: Timings) -> Self {
        Self { retargeter: Retargeter::default(), generator, change: PictureChange::none(FLOW_CELLS), compositor: None, gpu, timings }
    }

    /// Name of the executor and of the generator, for read-outs.
    pub fn executor(&self) -> String {
        self.gpu.as_ref().map_or_else(|| "CPU".to_owned(), |gpu| format!("GPU: {}", gpu.info.name))
    }

    /// Whether pictures stay on the GPU.
    pub fn is_on_gpu(&self) -> bool {
        self.gpu.is_some()
    }

    /// Whether there is a portrait to move.
    pub fn has_portrait(&self) -> bool {
        self.compositor.is_some()
    }

    /// Name of the generator in use.
    pub fn generator(&self) -> &'static str {
        self.generator.name()
    }

    /// Whether trained networks make the pictures at present.
    pub fn uses_networks(&self) -> bool {
        self.generator.uses_networks()
    }

    /// Why the generator does without its networks for this portrait, if it does.
    pub fn networks_fault(&self) -> Option<&str> {
        self.generator.networks_fault()
    }

    /// Starts on a portrait. Keeps the driver's calibration.
    ///
    /// # Errors
    /// When the GPU cannot hold the picture; the puppet then has no portrait, and [`Self::leave_gpu`] helps.
    pub fn set_portrait(&mut self, portrait: &Portrait) -> Result<(), ComposeError> {
        self.compositor = None;
        self.retargeter.set_portrait(portrait);
        self.timings.measure("prepare", || self.generator.set_portrait(portrait));
        let plate = self.generator.plate();
        self.compositor = Some(match &self.gpu {
            Some(gpu) => {
                let compositor =
                    GpuCompositor::new(&gpu.device, &gpu.queue, portrait, plate.as_deref(), FLOW_CELLS)?.with_head(self.generator.head());
                Compositor::Gpu(Box::new(compositor.timed(gpu, &self.timings)))
            }
            None => Compositor::Cpu(Box::new(CpuCompositor::new(portrait, plate).with_head(self.generator.head()))),
        });
        let target = match (&self.gpu, &self.compositor) {
            (Some(gpu), Some(Compositor::Gpu(compositor))) if gpu.runs_networks => {
                Some(GpuTarget { gpu, buffers: compositor.buffers(), timings: &self.timings })
            }
            _ => None,
        };
        self.generator.work_on(target);
        Ok(())
    }

    /// Shows a better plate, if one has become ready; whether it has.
    pub fn improve_plate(&mut self) -> bool {
        let Some(plate) = self.generator.better_plate() else { return false };
        match &mut self.compositor {
            Some(Compositor::Cpu(cpu)) => cpu.set_plate(plate),
            Some(Compositor::Gpu(gpu)) => gpu.set_plate(&plate),
            None => {}
        }
        true
    }

    /// Whether the generator makes anything of further pictures of the portrait's person.
    pub fn takes_pictures(&self) -> bool {
        self.generator.takes_pictures()
    }

    /// Whether the generator draws by what fine-tuning makes.
    pub fn can_adopt(&self) -> bool {
        self.generator.can_adopt()
    }

    /// Lets the generator draw this portrait's person by what fine-tuning made, or without it again. The next portrait begins without.
    pub fn adopt(&mut self, tuned: Option<&Tuned>) {
        self.generator.adopt(tuned);
    }

    /// Lets the generator look at another picture of this portrait's person.
    pub fn add_source(&mut self, picture: &Portrait) {
        self.generator.add_source(picture);
    }

    /// Lets the generator do without one of those other pictures, by its place among them.
    pub fn remove_source(&mut self, index: usize) {
        self.generator.remove_source(index);
    }

    /// Goes on without the GPU, for one that was lost. The portrait must be set again.
    pub fn leave_gpu(&mut self) {
        self.use_gpu(None);
    }

    /// Makes pictures on a GPU from now on, or on the CPU. The portrait must be set again.
    pub fn use_gpu(&mut self, gpu: Option<Gpu>) {
        self.generator.work_on(None);
        self.gpu = gpu;
        self.compositor = None;
    }

    /// Takes over strengths and switches.
    pub fn set_controls(&mut self, controls: Controls) {
        self.retargeter.set_controls(controls);
    }

    /// Whether the portrait moves like the driver's mirror image.
    pub fn mirrors(&self) -> bool {
        self.retargeter.mirrors()
    }

    /// Takes the driver's next frames as neutral.
    pub fn recalibrate(&mut self) {
        self.retargeter.recalibrate();
    }

    /// Takes the face in a frame, and it alone, as neutral; false when there is none.
    pub fn take_as_neutral(&mut self, tracked: &TrackedFrame) -> bool {
        self.retargeter.take_as_neutral(tracked)
    }

    /// Whether the driver's neutral face is settled.
    pub fn is_calibrated(&self) -> bool {
        self.retargeter.is_calibrated()
    }

    /// The portrait's picture for one tracked frame; `None` before a portrait is set.
    pub fn frame(&mut self, tracked: &TrackedFrame) -> Option<RenderedImage> {
        let compositor = self.compositor.as_mut()?;
        let motion = self.timings.measure("retarget", || self.retargeter.retarget(tracked))?;
        self.timings.measure("generate", || self.generator.generate(&motion, &mut self.change));
        Some(self.timings.measure("compose", || match compositor {
            Compositor::Cpu(cpu) => RenderedImage::Cpu(cpu.compose(&self.change)),
            Compositor::Gpu(gpu) => {
                gpu.compose(&self.change);
                RenderedImage::Gpu(gpu.target().clone())
            }
        }))
    }
}

/// The pixels of a finished picture, waiting for the GPU when it is there; `None` when the GPU cannot give them.
pub(super) fn pixels(image: &RenderedImage, gpu: Option<&Gpu>) -> Option<Arc<RgbaImage>> {
    match (image, gpu) {
        (RenderedImage::Cpu(pixels), _) => Some(Arc::clone(pixels)),
        (RenderedImage::Gpu(texture), Some(gpu)) => match crate::gpu::read_texture(gpu, texture) {
            Ok(pixels) => Some(Arc::new(pixels)),
            Err(error) => {
                tracing::warn!("reading the picture back failed: {error}");
                None
            }
        },
        (RenderedImage::Gpu(_), None) => None,
    }
}
