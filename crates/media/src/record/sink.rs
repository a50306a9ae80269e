//! What every recording format does: takes pictures and sound, and leaves a file or folder behind.

use std::path::PathBuf;
use std::time::Duration;

use image::RgbaImage;

use super::RecordError;
use crate::data::AudioBlock;

/// Where pictures and sound end up; one per format. Times start with the first picture.
pub(super) trait Sink: Send {
    /// Records a picture that is seen from `pts` on.
    fn picture(&mut self, picture: &RgbaImage, pts: Duration) -> Result<(), RecordError>;

    /// Records sound that belongs at `at_sample`. Returns whether any of it was used.
    fn sound(&mut self, _block: &AudioBlock, _at_sample: i64) -> Result<bool, RecordError> {
        Ok(true)
    }

    /// Bytes written so far.
    fn bytes(&self) -> u64;

    /// Completes the recording, the last picture being seen until `end`, or keeps what can be kept.
    fn finish(self: Box<Self>, end: Duration, progress: &mut dyn FnMut(f32)) -> Result<Kept, RecordError>;

    /// Gives the recording up and removes what was written, and nothing else.
    fn discard(self: Box<Self>) -> Result<(), RecordError>;
}

/// What a sink leaves behind.
pub(super) struct Kept {
    /// The file or folder.
    pub(super) path: PathBuf,
    /// Its length.
    pub(super) duration: Duration,
    /// Pictures in it.
    pub(super) frames: u64,
    /// What went less well than it should.
    pub(super) warning: Option<String>,
    /// Why it is shorter than it should be, if it is.
    pub(super) problem: Option<RecordError>,
}
