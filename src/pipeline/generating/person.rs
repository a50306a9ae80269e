//! Further pictures of the person whose portrait is alive, as the generating thread is asked for them.

use std::sync::Arc;

use super::Generating;
use crate::data::Portrait;
use crate::pipeline::command::PictureToAdd;
use crate::session::{Event, RequestId};

impl Generating {
    /// Makes the portrait from one more picture, if it is still the one that the picture was meant for.
    pub(super) fn add_further(&mut self, PictureToAdd { id, portrait, picture }: &PictureToAdd) {
        let outcome = match self.live.as_ref().map(|live| live.id) {
            // Another portrait was opened since: nobody waits for the answer.
            Some(live) if *portrait < live => return,
            Some(live) if *portrait > live => Err(format!("{} is not used: its portrait is not open.", picture.name)),
            _ => self.add_picture(picture),
        };
        match outcome {
            Ok(()) => self.further_changed(Some(*id)),
            Err(why) => self.shared.report(Event::PictureFailed { id: *id, why }),
        }
    }

    pub(super) fn remove_further(&mut self, index: usize) {
        if self.further.remove(index, &mut self.puppet) {
            self.further_changed(None);
        }
    }

    fn add_picture(&mut self, picture: &Portrait) -> Result<(), String> {
        self.further.add(picture, self.live.as_ref().map(|live| &*live.portrait), &mut self.puppet)
    }

    /// Goes back to the portrait before, with the present one as another picture of its person.
    pub(super) fn join_before(&mut self) {
        let Some(present) = self.live.clone() else { return };
        let Some((before, pictures)) = self.further.join(&present.portrait) else { return };
        self.take_portrait(before, None);
        for picture in &pictures {
            match self.add_picture(picture) {
                Ok(()) => self.further_changed(None),
                Err(why) => self.shared.report(Event::PictureFailed { id: present.id, why }),
            }
        }
    }

    /// All pictures of the person, the portrait first.
    pub(super) fn pictures(&self) -> Vec<Arc<Portrait>> {
        self.live.iter().map(|live| &live.portrait).chain(self.further.all()).cloned().collect()
    }

    /// Draws by the pictures that are there now, and reports which they are. What was learnt of others is not theirs.
    fn further_changed(&mut self, added: Option<RequestId>) {
        let pictures = self.pictures();
        if self.fine_tuning.turn_to(&pictures.iter().map(|picture| &**picture).collect::<Vec<_>>(), &self.puppet) {
            let why = "Fine-tuning has ended, since the person's pictures are others now. Begin it again to learn all of them.";
            self.shared.report(Event::Warning(why.to_owned()));
        }
        if let Some(tuned) = self.fine_tuning.tuned() {
            self.puppet.adopt(Some(tuned));
        }
        self.stale = true;
        self.shared.report(Event::FurtherPictures { pictures: self.further.all().to_vec(), added });
        self.shared.report(Event::FineTuning(self.fine_tuning.state(&self.puppet)));
    }
}
