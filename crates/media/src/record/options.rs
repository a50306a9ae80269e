//! What a recording shall be: where, in which format, how large, and what it says about itself.

use std::path::{Path, PathBuf};

use super::{RecordError, files};

/// Long side of an MP4 unless asked otherwise, in pixels.
const MP4_LONG_SIDE_PX: u32 = 1920;

/// Long side of a GIF unless asked otherwise, in pixels: larger ones grow to tens of megabytes.
const GIF_LONG_SIDE_PX: u32 = 480;

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// H.264 and AAC in an MP4 file.
    Mp4,
    /// An animated GIF, without sound.
    Gif,
    /// A folder with one PNG per picture, without sound, with transparency.
    PngSequence,
}

impl RecordFormat {
    /// The format that a path's ending stands for: `.mp4`, `.gif`, or no ending for a folder.
    ///
    /// # Errors
    /// [`RecordError::UnknownFormat`] for any other ending.
    pub fn from_path(path: &Path) -> Result<Self, RecordError> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("mp4") => Ok(Self::Mp4),
            Some("gif") => Ok(Self::Gif),
            None => Ok(Self::PngSequence),
            Some(_) if path.is_dir() => Ok(Self::PngSequence),
            Some(_) => Err(RecordError::UnknownFormat { path: path.to_owned() }),
        }
    }
}

/// How the pictures came to be, in the words of the IPTC's digital source types; written into every file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceType {
    /// Made by a trained network.
    TrainedAlgorithmicMedia,
    /// A composite with synthetic elements, such as a picture bent by a camera's view of somebody else.
    #[default]
    CompositeSynthetic,
}

impl SourceType {
    /// The address that stands for the type in metadata.
    pub fn uri(self) -> &'static str {
        match self {
            Self::TrainedAlgorithmicMedia => "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            Self::CompositeSynthetic => "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic",
        }
    }

    /// One sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::TrainedAlgorithmicMedia => "Synthetic: a portrait animated by a trained network",
            Self::CompositeSynthetic => "Synthetic: a portrait animated by the motion of another face",
        }
    }
}

/// What shows through transparent places, where the format has no transparency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatteColour {
    /// Black.
    #[default]
    Black,
    /// White.
    White,
    /// Nothing: they stay transparent where the format can be that, as GIFs can pixel by pixel. Elsewhere it is black.
    Nothing,
}

/// Everything a recording needs to know before it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordOptions {
    /// Where to. An existing file is not touched unless [`Self::overwrite`] is set: the recording then takes a free name such as `clip (2).mp4`.
    pub path: PathBuf,
    /// In which format.
    pub format: RecordFormat,
    /// Pictures per second to expect: length of the last picture, and the encoder's planning. Real times come with the pictures.
    pub fps_hint: f32,
    /// Larger pictures are scaled down to this long side, in pixels; `None` keeps their size.
    pub max_long_side_px: Option<u32>,
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
    /// Files that the recording is made from. None of them is ever replaced, whatever it is called here.
    pub inputs: Vec<PathBuf>,
    /// What the file says about how it came to be.
    pub source_type: SourceType,
    /// Whether every picture shows a mark that says so, too.
    pub mark: bool,
    /// What lies behind transparent places.
    pub matte: MatteColour,
    /// Moves live sound later (positive) or earlier (negative) against the pictures, in milliseconds: for microphones that deliver late.
    pub live_sound_delay_ms: i32,
}

impl RecordOptions {
    /// The usual options for a path; the format follows from its ending.
    ///
    /// # Errors
    /// [`RecordError::UnknownFormat`] when the ending stands for no format.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, RecordError> {
        let path = path.into();
        let format = RecordFormat::from_path(&path)?;
        let max_long_side_px = match format {
            RecordFormat::Mp4 => Some(MP4_LONG_SIDE_PX),
            RecordFormat::Gif => Some(GIF_LONG_SIDE_PX),
            RecordFormat::PngSequence => None,
        };
        Ok(Self {
            path,
            format,
            fps_hint: 30.0,
            max_long_side_px,
            overwrite: false,
            inputs: Vec::new(),
            source_type: SourceType::default(),
            mark: false,
            matte: MatteColour::default(),
            live_sound_delay_ms: 0,
        })
    }

    /// Whether a recording can go there, as far as that is known before it begins: so that nobody waits for a portrait in vain.
    ///
    /// # Errors
    /// The place's faults in [`RecordError`], and [`RecordError::IsInput`].
    pub fn check_place(&self) -> Result<(), RecordError> {
        files::check_place_of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_the_format() {
        let format = |path: &str| RecordFormat::from_path(Path::new(path)).ok();
        assert_eq!(format("a/clip.MP4"), Some(RecordFormat::Mp4), "case does not matter");
        assert_eq!(format("clip.gif"), Some(RecordFormat::Gif), "a GIF");
        assert_eq!(format("frames"), Some(RecordFormat::PngSequence), "no ending is a folder");
        assert_eq!(format("clip.avi"), None, "other endings are refused");
    }
}
