//! Clips of real people to learn from: frames that were cut out and tracked before, drawn as episodes (Zakharov et al. 2019).

mod prepared;

use super::stream::Dataset;
use crate::random::Random;
use crate::synth::{MOST_FRAMES, Scratch};
pub use prepared::{ClipFrame, MOST_CLIP_FRAMES, PreparedClip};
use retrato_learn::{HeadEpisode, TrainError};

/// Fewest frames with a face that a clip can be learnt from.
pub const FEWEST_CLIP_FRAMES: usize = 8;
/// Every tenth frame from the sixth on is held out, those that `retrato evaluate` measures.
const FIRST_HELD_OUT: usize = 5;
const HELD_OUT_STEP: usize = 10;

/// Clips by person.
#[derive(Clone, Debug)]
pub struct ClipDataset {
    persons: Vec<Vec<PreparedClip>>,
}

impl ClipDataset {
    /// From each person's clips; those with fewer than [`FEWEST_CLIP_FRAMES`] frames are left out, and so are persons without clips. `None` when nobody is left.
    pub fn new(persons: Vec<Vec<PreparedClip>>) -> Option<Self> {
        let long_enough = |clips: Vec<PreparedClip>| clips.into_iter().filter(|clip| clip.frames() >= FEWEST_CLIP_FRAMES).collect();
        let persons: Vec<Vec<PreparedClip>> = persons.into_iter().map(long_enough).filter(|clips: &Vec<_>| !clips.is_empty()).collect();
        (!persons.is_empty()).then_some(Self { persons })
    }

    /// How many persons there are.
    pub fn identities(&self) -> u32 {
        self.persons.len() as u32
    }

    /// How many frames of how many clips there are, and how many of those are held out.
    pub fn frames(&self) -> [usize; 3] {
        let clips = || self.persons.iter().flatten();
        let held_out = clips().map(|clip| (0..clip.frames()).filter(|k| is_held_out(*k)).count());
        [clips().map(PreparedClip::frames).sum(), clips().count(), held_out.sum()]
    }

    /// The same letters for the same clips of the same persons.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for clips in &self.persons {
            hasher.update(&(clips.len() as u64).to_le_bytes());
            for clip in clips {
                hasher.update(clip.hash());
            }
        }
        hasher.finalize().to_hex().as_str()[..16].to_owned()
    }

    /// Some of the frames that training sees of one clip and, if asked for, one that it does not, as the target.
    fn episode(&self, seed: u64, index: u64, held_out: bool) -> Result<HeadEpisode, TrainError> {
        let mut random = Random::new(seed ^ 0xC11B5, index);
        let identity = random.below(self.persons.len());
        let clip = random.pick(&self.persons[identity]);
        let (hidden, mut shown): (Vec<usize>, Vec<usize>) = (0..clip.frames()).partition(|k| is_held_out(*k));
        let count = shown.len().min(if held_out { MOST_FRAMES - 1 } else { MOST_FRAMES });
        for at in 0..count {
            let other = at + random.below(shown.len() - at);
            shown.swap(at, other);
        }
        shown.truncate(count);
        let target = held_out.then_some(count);
        if held_out {
            shown.push(*random.pick(&hidden));
        }
        let frames = shown.into_iter().map(|k| clip.frame(k)).collect::<Result<_, _>>()?;
        Ok(HeadEpisode { identity: identity as u32, frames, target })
    }
}

fn is_held_out(frame: usize) -> bool {
    frame >= FIRST_HELD_OUT && (frame - FIRST_HELD_OUT).is_multiple_of(HELD_OUT_STEP)
}

impl Dataset for ClipDataset {
    type Item = HeadEpisode;

    fn make(&self, seed: u64, index: u64, _: &mut Scratch) -> Result<HeadEpisode, TrainError> {
        self.episode(seed, index, false)
    }

    fn held_out(&self, seed: u64, index: u64, _: &mut Scratch) -> Result<HeadEpisode, TrainError> {
        self.episode(seed, index, true)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::prepared::tests::frames;
    use super::*;

    /// Two persons, the second with two clips, one of them too short.
    pub(crate) fn source(folder: &Path) -> anyhow::Result<ClipDataset> {
        let clip = |name: &str, count: usize| -> anyhow::Result<PreparedClip> {
            let path = folder.join(name);
            PreparedClip::write(&path, &frames(count))?;
            Ok(PreparedClip::open(&path)?)
        };
        let persons = vec![vec![clip("a", 12)?], vec![clip("b", 20)?, clip("c", FEWEST_CLIP_FRAMES - 1)?], vec![clip("d", 0)?]];
        ClipDataset::new(persons).ok_or_else(|| anyhow::anyhow!("no clips"))
    }

    #[test]
    fn episodes_are_of_one_clip_repeat_and_never_show_what_is_held_out() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let source = source(folder.path())?;
        assert_eq!((source.identities(), source.frames()), (2, [32, 2, 3]), "what is too short is left out");
        let hidden = |frame: &retrato_learn::HeadFrame| {
            // The mouth of frame k is k pixels open, see `frames`.
            let k = (frame.landmarks[66].y - frames(1)[0].landmarks[66].y).round() as usize;
            (k, is_held_out(k))
        };
        let mut persons = [0; 2];
        for index in 0..24 {
            let episode = source.make(7, index, &mut Scratch::new())?;
            persons[episode.identity as usize] += 1;
            assert_eq!((episode.frames.len(), episode.target), (MOST_FRAMES, None), "eight sources and a target");
            assert!(episode.frames.iter().all(|f| !hidden(f).1), "training sees nothing that is held out");
            let mut numbers: Vec<usize> = episode.frames.iter().map(|f| hidden(f).0).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), MOST_FRAMES, "no frame twice");
            assert_eq!(episode, source.make(7, index, &mut Scratch::new())?, "the same seed and index, the same episode");
            let test = source.held_out(7, index, &mut Scratch::new())?;
            let held: Vec<bool> = test.frames.iter().map(|f| hidden(f).1).collect();
            assert_eq!(held.iter().position(|h| *h), test.target, "the target alone is held out: {held:?}");
        }
        assert!(persons.iter().all(|n| *n > 4), "both persons come: {persons:?}");
        Ok(())
    }

    #[test]
    fn another_folder_is_another_fingerprint_and_nothing_is_no_source() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let both = source(folder.path())?;
        let one = ClipDataset::new(vec![both.persons[0].clone()]).ok_or_else(|| anyhow::anyhow!("one clip"))?;
        assert_ne!(both.fingerprint(), one.fingerprint(), "other clips");
        assert_eq!(both.fingerprint(), source(folder.path())?.fingerprint(), "the same clips");
        assert!(ClipDataset::new(vec![Vec::new()]).is_none(), "nobody");
        Ok(())
    }
}
