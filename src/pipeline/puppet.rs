//! From tracked motion to the finished picture, for one portrait: retarget, generate, compose. The window and the commands both run this.

use std::sync::Arc;

use image::RgbaImage;

use retrato_head::HeadShape;

use super::background::{BackgroundError, BackgroundUnderWay};
use super::composed::{Compositor, CpuPictures};
use crate::compose::{ComposeError, CpuCompositor, GpuCompositor};
use crate::data::{Background, PictureChange, Portrait, PuppetMotion, TrackedFrame};
use crate::generate::{Backdrop, Backdrops, FLOW_CELLS, Generator, GpuTarget};
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
    portrait: Option<Portrait>,
    background: Background,
    /// What lays this portrait's person over other backgrounds, once one was wanted.
    backdrops: Option<Backdrops>,
    under_way: Option<Result<BackgroundUnderWay, BackgroundError>>,
    /// Whether what is composed has no background, and its colours are premultiplied.
    clear: bool,
    gpu: Option<Gpu>,
    timings: Timings,
}

impl Puppet {
    /// A puppet without a portrait, moved by `generator`. With a `gpu` the pictures are composed there and stay there.
    pub fn new(generator: Box<dyn Generator>, gpu: Option<Gpu>, timings: Timings) -> Self {
        Self {
            retargeter: Retargeter::default(),
            generator,
            change: PictureChange::none(FLOW_CELLS),
            compositor: None,
            portrait: None,
            background: Background::Own,
            backdrops: None,
            under_way: None,
            clear: false,
            gpu,
            timings,
        }
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

    /// Starts on a portrait, before its own background until the one that is wanted is made. Keeps the driver's calibration.
    ///
    /// # Errors
    /// When the GPU cannot hold the picture; the puppet then has no portrait, and [`Self::leave_gpu`] helps.
    pub fn set_portrait(&mut self, portrait: &Portrait) -> Result<(), ComposeError> {
        self.compositor = None;
        self.forget_background();
        self.retargeter.set_portrait(portrait);
        self.timings.measure("prepare", || self.generator.set_portrait(portrait));
        self.portrait = Some(portrait.clone());
        self.compose_own()?;
        if self.background != Background::Own {
            self.begin_background();
        }
        Ok(())
    }

    /// Composes the portrait before its own background from now on.
    fn compose_own(&mut self) -> Result<(), ComposeError> {
        let Some(portrait) = self.portrait.clone() else { return Ok(()) };
        self.clear = false;
        self.compose_by(&portrait, self.generator.plate(), self.generator.head())
    }

    /// Composes by this picture, this plate and this head from now on.
    fn compose_by(&mut self, portrait: &Portrait, plate: Option<Arc<RgbaImage>>, head: Option<Arc<HeadShape>>) -> Result<(), ComposeError> {
        // The render pass keeps no alpha.
        self.compositor = Some(match self.gpu.as_ref().filter(|_| !self.clear) {
            Some(gpu) => {
                let compositor = GpuCompositor::new(&gpu.device, &gpu.queue, portrait, plate.as_deref(), FLOW_CELLS)?.with_head(head);
                Compositor::Gpu(Box::new(compositor.timed(gpu, &self.timings)))
            }
            None => Compositor::Cpu(Box::new(CpuPictures::new(CpuCompositor::new(portrait, plate).with_head(head), self.clear))),
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

    /// Wants another background, for this portrait and those after it. It is made beside the running work: [`Self::take_background`] shows it.
    pub fn set_background(&mut self, background: Background) {
        self.background = background;
        self.begin_background();
    }

    fn begin_background(&mut self) {
        self.give_up_background();
        if self.portrait.is_none() {
            return;
        }
        if self.background == Background::Own {
            let composed = self.compose_own().map_err(|error| BackgroundError::Failed(error.to_string()));
            self.under_way = composed.err().map(Err);
            return;
        }
        if self.backdrops.is_none() {
            self.backdrops = self.generator.backdrops();
        }
        let backdrops = self.backdrops.clone().ok_or(BackgroundError::NotKnown(self.generator.name()));
        self.under_way = Some(backdrops.and_then(|backdrops| BackgroundUnderWay::begin(backdrops, self.background)));
    }

    fn give_up_background(&mut self) {
        if let Some(Ok(earlier)) = self.under_way.take() {
            earlier.abandon();
        }
    }

    /// The background that is wanted.
    pub fn background(&self) -> Background {
        self.background
    }

    /// Shows the background that was wanted, if it has become ready; whether it has.
    ///
    /// # Errors
    /// What kept it from being made, once; this portrait and those after it have their own then.
    pub fn take_background(&mut self) -> Result<bool, BackgroundError> {
        let taken = self.take_made();
        if taken.is_err() && self.background != Background::Own {
            self.set_background(Background::Own);
        }
        taken
    }

    fn take_made(&mut self) -> Result<bool, BackgroundError> {
        let made = match self.under_way.take() {
            None => return Ok(false),
            Some(Err(error)) => return Err(error),
            Some(Ok(under_way)) => {
                let Some(made) = under_way.take() else {
                    self.under_way = Some(Ok(under_way));
                    return Ok(false);
                };
                made?
            }
        };
        self.show_backdrop(made)
    }

    /// The same, waiting for it: for runs in which every picture counts.
    ///
    /// # Errors
    /// What kept it from being made.
    pub fn wait_for_background(&mut self) -> Result<(), BackgroundError> {
        match self.under_way.take() {
            Some(under_way) => self.show_backdrop(under_way?.wait()?).map(|_| ()),
            None => Ok(()),
        }
    }

    fn show_backdrop(&mut self, backdrop: Option<Backdrop>) -> Result<bool, BackgroundError> {
        let Some(Backdrop { background, portrait, plate, head }) = backdrop else { return Ok(false) };
        self.clear = background == Background::Transparent;
        self.compose_by(&portrait, Some(plate), head).map_err(|error| BackgroundError::Failed(error.to_string()))?;
        Ok(true)
    }

    fn forget_background(&mut self) {
        self.give_up_background();
        self.backdrops = None;
        self.clear = false;
    }

    /// Shows a better plate, if one has become ready; whether it has.
    pub fn improve_plate(&mut self) -> bool {
        let Some(plate) = self.generator.better_plate() else { return false };
        if self.background != Background::Own && self.backdrops.take().is_some() {
            // Its body stands behind the head in other backgrounds, too.
            self.begin_background();
            return false;
        }
        if let Some(compositor) = &mut self.compositor {
            compositor.set_plate(plate);
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
        self.forget_background();
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
        self.frame_at(tracked, 1.0)
    }

    /// The same, smaller by `scale`, up to 1, where that saves work.
    pub fn frame_at(&mut self, tracked: &TrackedFrame, scale: f32) -> Option<RenderedImage> {
        // A driver is looked at only while there is something to move.
        self.compositor.as_ref()?;
        let motion = self.timings.measure("retarget", || self.retargeter.retarget(tracked))?;
        self.compose(&motion, scale)
    }

    /// The same for a frame that was there before, or for none: nothing is learnt from it.
    pub fn frame_again(&mut self, tracked: &TrackedFrame, scale: f32) -> Option<RenderedImage> {
        let motion = self.timings.measure("retarget", || self.retargeter.again(tracked))?;
        self.compose(&motion, scale)
    }

    fn compose(&mut self, motion: &PuppetMotion, scale: f32) -> Option<RenderedImage> {
        let compositor = self.compositor.as_mut()?;
        self.timings.measure("generate", || self.generator.generate(motion, &mut self.change));
        Some(self.timings.measure("compose", || compositor.compose(&self.change, scale)))
    }

    /// The last frame's picture once more, all of it; `None` before a portrait is set.
    pub fn last_frame(&mut self) -> Option<RenderedImage> {
        let change = &self.change;
        self.compositor.as_mut().map(|compositor| compositor.compose(change, 1.0))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;
    use crate::capture::{OpenOptions, open};
    use crate::generate::{GeneratorChoice, WeightFiles, start};
    use crate::settings::FaceReader;

    fn puppet(choice: &GeneratorChoice) -> Puppet {
        let (mut generator, _) = start(choice);
        generator.make_haste();
        let mut puppet = Puppet::new(generator, None, Timings::default());
        puppet.set_controls(Controls { smoothing: 0.0, ..Controls::default() });
        puppet
    }

    /// The picture of one frame before a background.
    fn shown(puppet: &mut Puppet, background: Background, tracked: &TrackedFrame) -> Result<Arc<RgbaImage>, BackgroundError> {
        puppet.set_background(background);
        puppet.wait_for_background()?;
        let Some(RenderedImage::Cpu(pixels)) = puppet.frame(tracked) else { panic!("a picture in main memory") };
        Ok(pixels)
    }

    /// A puppet of a built-in portrait, and a frame in which its head is turned.
    fn turned(choice: &GeneratorChoice) -> anyhow::Result<(Puppet, TrackedFrame)> {
        let mut puppet = puppet(choice);
        puppet.set_portrait(&builtin::PORTRAITS[1].portrait()?)?;
        let mut tracker = crate::pipeline::tracker(None, 0.0, FaceReader::Dlib);
        let mut source = open(&builtin::PERFORMANCES[3].source(false)?, OpenOptions::default())?;
        let mut frames = Vec::new();
        while let Some(input) = source.next()? {
            frames.push(tracker.track(input));
        }
        let yaw = |tracked: &TrackedFrame| tracked.face.as_ref().map_or(0.0, |face| face.pose.yaw_rad.abs());
        let farthest = (0..frames.len()).max_by(|a, b| yaw(&frames[*a]).total_cmp(&yaw(&frames[*b]))).expect("frames");
        // In the driver's order: who goes back in time is another driver.
        for tracked in &frames[..=farthest] {
            puppet.frame(tracked);
        }
        let tracked = frames.swap_remove(farthest);
        let yaw = yaw(&tracked);
        assert!(yaw > 0.15, "the head is turned: {yaw}");
        let portrait = builtin::PORTRAITS[1].portrait()?;
        let shown = shown(&mut puppet, Background::Own, &tracked)?;
        let moved = shown.pixels().zip(portrait.pixels.pixels()).filter(|(shown, own)| shown != own).count();
        assert!(moved > 20_000, "and so is the portrait's: {moved} pixels");
        Ok((puppet, tracked))
    }

    #[test]
    fn a_transparent_background_is_exact_while_the_head_turns() -> anyhow::Result<()> {
        let (mut puppet, tracked) = turned(&GeneratorChoice::default())?;
        let own = shown(&mut puppet, Background::Own, &tracked)?;
        let black = shown(&mut puppet, Background::Colour([0; 3]), &tracked)?;
        let white = shown(&mut puppet, Background::Colour([255; 3]), &tracked)?;
        let clear = shown(&mut puppet, Background::Transparent, &tracked)?;
        let (mut seen, mut gone, mut worst) = (0, 0, 0);
        for ((clear, black), white) in clear.pixels().zip(black.pixels()).zip(white.pixels()) {
            seen += usize::from(clear[3] == 255);
            gone += usize::from(clear[3] == 0);
            for n in 0..3 {
                let alpha = 255 - (i32::from(white[n]) - i32::from(black[n]));
                let over_black = (i32::from(clear[n]) * i32::from(clear[3]) + 127) / 255;
                worst = worst.max((alpha - i32::from(clear[3])).abs()).max((over_black - i32::from(black[n])).abs());
            }
        }
        let all = (clear.width() * clear.height()) as usize;
        assert!(worst <= 3, "as black and white say, off by {worst}");
        assert!(seen > all / 8 && gone > all / 8, "a person, and nothing round it: {seen} and {gone} of {all}");
        let again = shown(&mut puppet, Background::Own, &tracked)?;
        assert!(again == own && own != black, "and back to the picture's own");
        Ok(())
    }

    #[test]
    fn the_good_plate_stays_when_the_own_background_comes_back() -> anyhow::Result<()> {
        let (mut puppet, tracked) = turned(&GeneratorChoice::default())?;
        let quick = shown(&mut puppet, Background::Own, &tracked)?;
        let begun = std::time::Instant::now();
        while !puppet.improve_plate() {
            assert!(begun.elapsed().as_secs() < 120, "the good plate is made");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let good = shown(&mut puppet, Background::Own, &tracked)?;
        assert!(good != quick, "it is another one");
        shown(&mut puppet, Background::Colour([0; 3]), &tracked)?;
        assert!(shown(&mut puppet, Background::Own, &tracked)? == good, "and it is still there");
        Ok(())
    }

    #[test]
    fn a_smaller_picture_shows_what_the_whole_one_does() -> anyhow::Result<()> {
        for choice in [GeneratorChoice::default(), GeneratorChoice::LandmarkWarp] {
            let (mut puppet, tracked) = turned(&choice)?;
            let mut at = |scale: f32| match puppet.frame_at(&tracked, scale) {
                Some(RenderedImage::Cpu(pixels)) => pixels,
                _ => panic!("a picture in main memory"),
            };
            let (whole, small) = (at(1.0), at(0.5));
            assert_eq!(small.dimensions(), (whole.width() / 2, whole.height() / 2), "half of each side");
            let wanted = retrato_head::smaller(&whole, 0.5);
            let off: Vec<u8> = small.as_raw().iter().zip(wanted.as_raw()).map(|(a, b)| a.abs_diff(*b)).collect();
            let mean = off.iter().map(|off| f32::from(*off)).sum::<f32>() / off.len() as f32;
            let far = off.iter().filter(|off| **off > 40).count();
            // Brush strokes are not averaged quite alike before and after they are moved.
            assert!(
                mean < 1.5 && far * 500 < off.len(),
                "{}: off by {mean} in the mean, far off {far} of {}",
                puppet.generator(),
                off.len()
            );
            let Some(RenderedImage::Cpu(again)) = puppet.last_frame() else { panic!("the last frame") };
            assert!(again == whole, "and all of the last one is there when it is wanted");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_tell_the_person_from_the_rest_says_so() -> anyhow::Result<()> {
        let portrait = builtin::PORTRAITS[1].portrait()?;
        let still = TrackedFrame {
            time: crate::data::FrameTime { index: 0, media_time: std::time::Duration::ZERO, captured_at: std::time::Instant::now() },
            pixels: None,
            face: None,
        };
        let mut warp = puppet(&GeneratorChoice::LandmarkWarp);
        warp.set_portrait(&portrait)?;
        let error = shown(&mut warp, Background::GREEN, &still).expect_err("it knows no edge");
        assert!(error.to_string().contains("landmark-warp"), "by name: {error}");
        warp.set_background(Background::GREEN);
        warp.take_background().expect_err("nor while others work");
        assert_eq!(warp.background(), Background::Own, "then it has its own");
        warp.set_portrait(&portrait)?;
        assert!(matches!(warp.take_background(), Ok(false)), "and so has the next portrait, without a word");
        let mut net = puppet(&GeneratorChoice::MotionNet(WeightFiles::default()));
        net.set_background(Background::GREEN);
        net.set_portrait(&portrait)?;
        net.wait_for_background()?;
        let Some(RenderedImage::Cpu(green)) = net.frame(&still) else { panic!("a picture") };
        assert_eq!(green.get_pixel(2, 2).0, [0, 255, 0, 255], "a background that was wanted before the portrait came");
        let eye = portrait.pupils_in_image[0].as_uvec2();
        let [shown, own] = [&*green, &*portrait.pixels].map(|picture| picture.get_pixel(eye.x, eye.y).0);
        let off = shown.iter().zip(own).map(|(a, b)| a.abs_diff(b)).max();
        assert!(off <= Some(4), "the person stays: {shown:?} and {own:?}");
        Ok(())
    }
}
