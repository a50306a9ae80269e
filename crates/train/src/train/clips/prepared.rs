//! A clip as training reads it: its frames cut out around the face, with landmarks, in one file of records of equal length.
//!
//! The file is written whole or not at all and checked whole before a run uses it: magic, number of records, BLAKE3 of the records, then the records. A
//! record holds 68 landmarks and 2 pupils as pairs of little-endian `f32` in pixels of the picture (NaN for pupils that are not known), then the picture,
//! 256 x 256 RGB. A clip that cannot be learnt from is kept as a file without records, so that nobody looks for its face again.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use glam::Vec2;
use image::RgbImage;

use crate::data::PICTURE_PX;
use crate::train::checkpoint::write_whole;
use retrato_learn::{HeadFrame, TrainError};

/// Most frames that are kept of a clip.
pub const MOST_CLIP_FRAMES: usize = 1024;

/// First bytes of the file; another layout gets another number.
const MAGIC: &[u8; 16] = b"retrato clip 1\n\0";
const COUNT_BYTES: usize = 4;
const HASH_BYTES: usize = blake3::OUT_LEN;
const HEADER_BYTES: usize = MAGIC.len() + COUNT_BYTES + HASH_BYTES;
const POINTS: usize = 68 + 2;
const POINT_BYTES: usize = 8;
const PICTURE_BYTES: usize = PICTURE_PX * PICTURE_PX * 3;
const RECORD_BYTES: usize = POINTS * POINT_BYTES + PICTURE_BYTES;
/// Landmarks farther from the picture's corner than this are no landmarks, in pixels.
const FARTHEST_PX: f32 = 4096.0;

/// Landmarks and pupils of a frame, in pixels of the cut picture.
#[derive(Clone, Debug, PartialEq)]
struct PreparedFace {
    landmarks: [Vec2; 68],
    pupils: Option<[Vec2; 2]>,
}

/// One frame that is to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipFrame {
    /// [`PICTURE_PX`] squared.
    pub pixels: RgbImage,
    /// In pixels of `pixels`.
    pub landmarks: [Vec2; 68],
    /// In pixels of `pixels`, where they are known.
    pub pupils: Option<[Vec2; 2]>,
}

/// A prepared clip: faces in memory, pictures in its file.
#[derive(Clone, Debug)]
pub struct PreparedClip {
    path: PathBuf,
    hash: [u8; HASH_BYTES],
    faces: Vec<PreparedFace>,
}

impl PreparedClip {
    /// Writes the frames of a clip. Fails when there are more than [`MOST_CLIP_FRAMES`] or one has the wrong size or place.
    pub fn write(path: &Path, frames: &[ClipFrame]) -> Result<(), TrainError> {
        let wrong = || TrainError::Settings(format!("the frames of {} cannot be stored", path.display()));
        if frames.len() > MOST_CLIP_FRAMES {
            return Err(wrong());
        }
        let mut bytes = Vec::with_capacity(HEADER_BYTES + frames.len() * RECORD_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(frames.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&[0; HASH_BYTES]);
        for frame in frames {
            let face = PreparedFace { landmarks: frame.landmarks, pupils: frame.pupils };
            if frame.pixels.as_raw().len() != PICTURE_BYTES || !face.is_sane() {
                return Err(wrong());
            }
            face.points().for_each(|p| p.to_array().iter().for_each(|v| bytes.extend_from_slice(&v.to_le_bytes())));
            bytes.extend_from_slice(frame.pixels.as_raw());
        }
        let hash = blake3::hash(&bytes[HEADER_BYTES..]);
        bytes[HEADER_BYTES - HASH_BYTES..HEADER_BYTES].copy_from_slice(hash.as_bytes());
        write_whole(path, &bytes)
    }

    /// Opens what [`Self::write`] wrote, and reads it through: a damaged file is [`io::ErrorKind::InvalidData`].
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut header = [0; HEADER_BYTES];
        file.read_exact(&mut header)?;
        let (magic, rest) = header.split_at(MAGIC.len());
        let (count, stored) = rest.split_at(COUNT_BYTES);
        let count = count.iter().rev().fold(0_usize, |n, byte| (n << 8) | usize::from(*byte));
        let length = file.metadata()?.len();
        if magic != MAGIC || count > MOST_CLIP_FRAMES || length != (HEADER_BYTES + count * RECORD_BYTES) as u64 {
            return Err(damaged());
        }
        let mut hasher = blake3::Hasher::new();
        let mut record = vec![0; RECORD_BYTES];
        let mut faces = Vec::with_capacity(count);
        for _ in 0..count {
            file.read_exact(&mut record)?;
            hasher.update(&record);
            faces.push(PreparedFace::read(&record).ok_or_else(damaged)?);
        }
        let hash = *hasher.finalize().as_bytes();
        if hash == stored { Ok(Self { path: path.to_owned(), hash, faces }) } else { Err(damaged()) }
    }

    /// How many frames it has; none when there was nothing to learn from.
    pub fn frames(&self) -> usize {
        self.faces.len()
    }

    /// BLAKE3 of all records.
    pub(super) fn hash(&self) -> &[u8; HASH_BYTES] {
        &self.hash
    }

    /// Frame number `index`, its picture read from the file.
    pub(super) fn frame(&self, index: usize) -> Result<HeadFrame, TrainError> {
        let wrap = |source: io::Error| TrainError::Clip { path: self.path.clone(), source };
        let face = self.faces.get(index).ok_or_else(|| wrap(io::ErrorKind::NotFound.into()))?;
        let pixels = self.picture(index).map_err(wrap)?;
        Ok(HeadFrame::pictured(pixels, face.landmarks, face.pupils))
    }

    fn picture(&self, index: usize) -> io::Result<RgbImage> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start((HEADER_BYTES + index * RECORD_BYTES + POINTS * POINT_BYTES) as u64))?;
        let mut pixels = vec![0; PICTURE_BYTES];
        file.read_exact(&mut pixels)?;
        RgbImage::from_raw(PICTURE_PX as u32, PICTURE_PX as u32, pixels).ok_or_else(damaged)
    }
}

impl PreparedFace {
    fn points(&self) -> impl Iterator<Item = Vec2> {
        self.landmarks.into_iter().chain(self.pupils.unwrap_or([Vec2::NAN; 2]))
    }

    /// From the first bytes of a record; nothing when they cannot be a face.
    fn read(record: &[u8]) -> Option<Self> {
        let numbers: Vec<f32> =
            record.chunks_exact(4).take(2 * POINTS).filter_map(|b| Some(f32::from_le_bytes(b.try_into().ok()?))).collect();
        let points: Vec<Vec2> = numbers.chunks_exact(2).map(Vec2::from_slice).collect();
        let (landmarks, pupils) = points.split_at_checked(68)?;
        let pupils: [Vec2; 2] = pupils.try_into().ok()?;
        let pupils = (!pupils.iter().all(|p| p.is_nan())).then_some(pupils);
        Some(Self { landmarks: landmarks.try_into().ok()?, pupils }).filter(Self::is_sane)
    }

    fn is_sane(&self) -> bool {
        self.landmarks.iter().chain(self.pupils.iter().flatten()).all(|p| p.is_finite() && p.abs().max_element() <= FARTHEST_PX)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the prepared clip is damaged")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::face::template;

    /// A head that turns from grey to red and opens its mouth; every third frame has no pupils.
    pub(crate) fn frames(count: usize) -> Vec<ClipFrame> {
        let frame = |k: usize| {
            let mut landmarks = template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0));
            landmarks[65..68].iter_mut().for_each(|p| p.y += k as f32);
            let pixels = RgbImage::from_fn(PICTURE_PX as u32, PICTURE_PX as u32, |x, y| {
                image::Rgb([(x / 2 + 4 * k as u32) as u8, (y / 2) as u8, 90])
            });
            ClipFrame { pixels, landmarks, pupils: (!k.is_multiple_of(3)).then(|| [landmarks[37], landmarks[43]]) }
        };
        (0..count).map(frame).collect()
    }

    #[test]
    fn frames_come_back_as_they_were() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.clip");
        let frames = frames(5);
        PreparedClip::write(&path, &frames)?;
        let clip = PreparedClip::open(&path)?;
        assert_eq!(clip.frames(), 5, "all of them");
        for (k, frame) in frames.iter().enumerate() {
            let back = clip.frame(k)?;
            assert_eq!((back.pixels, back.landmarks, back.pupils), (frame.pixels.clone(), frame.landmarks, frame.pupils), "frame {k}");
        }
        assert!(clip.frame(5).is_err(), "there is no sixth");
        PreparedClip::write(&path, &[])?;
        assert_eq!(PreparedClip::open(&path)?.frames(), 0, "a clip without a face");
        std::fs::remove_file(&path)?;
        assert!(clip.frame(0).is_err_and(|e| e.to_string().contains("a.clip")), "a file that is gone is named");
        Ok(())
    }

    #[test]
    fn damage_anywhere_is_noticed() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.clip");
        PreparedClip::write(&path, &frames(2))?;
        let good = std::fs::read(&path)?;
        let refused = |bytes: &[u8]| -> anyhow::Result<bool> {
            std::fs::write(&path, bytes)?;
            Ok(PreparedClip::open(&path).is_err())
        };
        for at in [0, MAGIC.len(), HEADER_BYTES - 1, HEADER_BYTES + 3, HEADER_BYTES + RECORD_BYTES - 1, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[at] ^= 0x40;
            assert!(refused(&bytes)?, "byte {at}");
        }
        for length in [0, 10, HEADER_BYTES, good.len() - 1] {
            assert!(refused(&good[..length])?, "cut to {length} bytes");
        }
        assert!(refused(&[&good[..], &[0]].concat())?, "a byte too many");
        let mut many = good.clone();
        many[MAGIC.len()..MAGIC.len() + COUNT_BYTES].fill(0xFF);
        assert!(refused(&many)?, "more records than memory");
        // Wrong places under a hash that fits.
        let mut wild = good.clone();
        wild[HEADER_BYTES..HEADER_BYTES + 4].copy_from_slice(&f32::INFINITY.to_le_bytes());
        let hash = blake3::hash(&wild[HEADER_BYTES..]);
        wild[HEADER_BYTES - HASH_BYTES..HEADER_BYTES].copy_from_slice(hash.as_bytes());
        assert!(refused(&wild)?, "a landmark at infinity");
        assert!(!refused(&good)?, "the undamaged file is fine");
        Ok(())
    }

    #[test]
    fn frames_that_could_not_be_read_again_are_not_written() {
        let folder = std::env::temp_dir();
        let path = folder.join("never-written.clip");
        let small = ClipFrame { pixels: RgbImage::new(8, 8), ..frames(1).remove(0) };
        let nowhere = ClipFrame { landmarks: [Vec2::NAN; 68], ..frames(1).remove(0) };
        for frame in [small, nowhere] {
            assert!(PreparedClip::write(&path, &[frame]).is_err() && !path.exists(), "refused");
        }
    }
}
