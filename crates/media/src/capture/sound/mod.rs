//! The sound that belongs to a clip, as stereo at 48 kHz on the clip's own time line.
//!
//! AAC in MP4 is decoded in-process by syom; everything else comes from ffmpeg. Either way the first sample belongs to the clip's time zero:
//! priming is cut off as the edit list says, and sound that begins late is preceded by silence.

mod aac;
mod resample;

use std::path::{Path, PathBuf};

use self::aac::AacSound;
use super::error::CaptureError;
use super::ffmpeg::{Child, Probe, Tools, sound_arguments};
use super::mp4::Mp4;
use super::sniff::FileKind;
use crate::data::AudioBlock;

/// Samples per channel in a block from ffmpeg.
const BLOCK_SAMPLES: usize = 4096;
/// Bytes of a sample pair from ffmpeg: two 32-bit floats.
const PAIR_BYTES: usize = 8;

/// Reads a clip's sound, block by block.
pub struct SoundReader {
    path: PathBuf,
    from: From,
    /// Samples per channel given so far.
    given: u64,
}

/// Who decodes.
enum From {
    Aac(Box<AacSound>),
    Ffmpeg(Child),
}

impl std::fmt::Debug for SoundReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoundReader").field("path", &self.path).field("decoder", &self.decoder()).finish_non_exhaustive()
    }
}

impl SoundReader {
    /// Opens a clip's sound; `None` when it has none.
    ///
    /// # Errors
    /// A file that cannot be read, or whose sound only ffmpeg could decode, which is not installed.
    pub fn open(path: &Path) -> Result<Option<Self>, CaptureError> {
        Self::open_with(&Tools::installed(), path)
    }

    pub(super) fn open_with(tools: &Tools, path: &Path) -> Result<Option<Self>, CaptureError> {
        let why = match FileKind::of(path)? {
            FileKind::IsoMedia => match open_mp4(path)? {
                Ok(sound) => return Ok(sound.map(|sound| Self::new(path, From::Aac(Box::new(sound))))),
                Err(why) => why,
            },
            FileKind::Unknown => "the format of its sound is not built in".to_owned(),
            _ => return Ok(None),
        };
        let probe = Probe::of(tools, path, &why)?;
        if !probe.has_sound {
            return Ok(None);
        }
        let no_decoder = || CaptureError::Sound { path: path.to_owned(), detail: "not even ffmpeg knows its format".to_owned() };
        let arguments = sound_arguments(path, probe.sound.ok_or_else(no_decoder)?);
        let child = Child::start(tools, &tools.ffmpeg, arguments, BLOCK_SAMPLES * PAIR_BYTES, path, &why)?;
        Ok(Some(Self::new(path, From::Ffmpeg(child))))
    }

    fn new(path: &Path, from: From) -> Self {
        Self { path: path.to_owned(), from, given: 0 }
    }

    /// The next block, or `None` at the end. Blocks follow each other without gaps; most have a few thousand samples.
    ///
    /// # Errors
    /// [`CaptureError::Sound`] when the data is damaged, [`CaptureError::FfmpegStuck`] when ffmpeg hangs.
    pub fn next_block(&mut self) -> Result<Option<AudioBlock>, CaptureError> {
        let block = match &mut self.from {
            From::Aac(sound) => sound.next_block().map_err(|detail| CaptureError::Sound { path: self.path.clone(), detail })?,
            From::Ffmpeg(child) => child.next()?.map(|bytes| from_interleaved(&bytes)),
        };
        self.given += block.as_ref().map_or(0, |block| block.len() as u64);
        Ok(block)
    }

    /// Where the next block begins on the clip's time line, in samples at 48 kHz.
    pub fn position(&self) -> u64 {
        self.given
    }

    /// Who decodes: `in-process` or `ffmpeg`.
    pub fn decoder(&self) -> &'static str {
        match self.from {
            From::Aac(_) => "in-process",
            From::Ffmpeg(_) => "ffmpeg",
        }
    }
}

/// The first AAC track of an MP4, `None` without sound; the inner error is the reason why only ffmpeg can decode it.
fn open_mp4(path: &Path) -> Result<Result<Option<AacSound>, String>, CaptureError> {
    let mp4 = match Mp4::open(path) {
        Ok(mp4) => mp4,
        Err(error) => return error.or_reason(path).map(Err),
    };
    Ok(if mp4.has_sound { AacSound::new(mp4).map(Some) } else { Ok(None) })
}

fn from_interleaved(bytes: &[u8]) -> AudioBlock {
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(0.0, |&bytes| f32::from_le_bytes(bytes));
    let pairs = bytes.as_chunks::<PAIR_BYTES>().0;
    AudioBlock { left: pairs.iter().map(|pair| number(&pair[..4])).collect(), right: pairs.iter().map(|pair| number(&pair[4..])).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_floats_are_taken_apart() {
        let mut bytes: Vec<u8> = [0.5_f32, -0.25, 1.0, 0.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        bytes.extend([1, 2, 3]);
        let block = from_interleaved(&bytes);
        assert_eq!((block.left, block.right), (vec![0.5, 1.0], vec![-0.25, 0.0]), "left and right; a cut pair is left out");
    }
}
