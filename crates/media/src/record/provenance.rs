//! What a file says of how it was made: read back from pictures and films of any program, not only from this one's.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::RecordError;
use crate::runtime::is_special;

/// How much is looked at together.
const WINDOW_BYTES: usize = 1 << 20;
/// How much of it is looked at again with what follows: a statement may lie across the border.
const OVERLAP_BYTES: usize = 16 << 10;
/// Where the International Press Telecommunications Council keeps its words.
const TYPES: &str = "cv.iptc.org/newscodes/digitalsourcetype/";
/// Field of XMP with the program's name.
const TOOL: &str = "CreatorTool";
/// Field of XMP with the time when it was made.
const DATE: &str = "CreateDate";
/// How this program calls itself there.
const OWN: &str = "Retrato ";
/// Longest word or name that is taken over.
const LONGEST: usize = 120;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The IPTC's digital source types that are named, in order: `trainedAlgorithmicMedia` and so on.
    pub source_types: Vec<String>,
    /// The programs that say that they made it.
    pub tools: Vec<String>,
    /// When they made it, as they say.
    pub dates: Vec<String>,
    /// Whether there is a C2PA manifest, which is not checked.
    pub has_c2pa: bool,
    /// What the file is by its first bytes: `MP4`, `PNG`, `GIF`, `JPEG`, `WebP`, or nothing of that.
    pub format: Option<&'static str>,
}

impl Provenance {
    /// Reads a whole file, whatever its format: statements are text wherever they stand.
    ///
    /// # Errors
    /// [`RecordError::File`] for what cannot be read, and [`RecordError::NotAFile`].
    pub fn of(path: &Path) -> Result<Self, RecordError> {
        if is_special(path) {
            return Err(RecordError::NotAFile { path: path.to_owned() });
        }
        let mut file = File::open(path).map_err(RecordError::file("open", path))?;
        let mut found = Self::default();
        let mut window = Vec::new();
        let mut is_first = true;
        loop {
            let kept = window.len().min(OVERLAP_BYTES);
            window.drain(..window.len() - kept);
            let read = (&mut file).take(WINDOW_BYTES as u64).read_to_end(&mut window).map_err(RecordError::file("read", path))?;
            if std::mem::take(&mut is_first) {
                found.format = format_of(&window);
            }
            found.look(&window);
            if read < WINDOW_BYTES {
                return Ok(found);
            }
        }
    }

    /// Whether the file says that a machine made or changed it.
    pub fn is_synthetic(&self) -> bool {
        let words = [
            "trainedAlgorithmicMedia",
            "compositeSynthetic",
            "compositeWithTrainedAlgorithmicMedia",
            "algorithmicMedia",
            "algorithmicallyEnhanced",
        ];
        self.source_types.iter().any(|kind| words.contains(&kind.as_str()))
    }

    /// The version of this program that made the file, as it says.
    pub fn own_version(&self) -> Option<&str> {
        self.tools.iter().find_map(|tool| tool.strip_prefix(OWN))
    }

    fn look(&mut self, bytes: &[u8]) {
        for at in places(bytes, TYPES.as_bytes()) {
            add(&mut self.source_types, &bytes[at..], |c| c.is_ascii_alphanumeric());
        }
        for (field, known) in [(TOOL, &mut self.tools), (DATE, &mut self.dates)] {
            for at in places(bytes, field.as_bytes()) {
                // An element or an attribute: what follows the sign that opens its value.
                let value = match bytes[at..] {
                    [b'>', ..] => &bytes[at + 1..],
                    [b'=', b'"' | b'\'', ..] => &bytes[at + 2..],
                    _ => continue,
                };
                add(known, value, |c| !matches!(c, '<' | '"' | '\'') && !c.is_control());
            }
        }
        // The box that holds a manifest, with its label.
        self.has_c2pa |= places(bytes, b"jumb").next().is_some() && places(bytes, b"c2pa").next().is_some();
    }
}

fn format_of(head: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let formats: [(usize, &[u8], &str); 5] =
        [(4, b"ftyp", "MP4"), (0, b"\x89PNG\r\n\x1a\n", "PNG"), (0, b"GIF8", "GIF"), (0, b"\xff\xd8\xff", "JPEG"), (8, b"WEBP", "WebP")];
    formats.into_iter().find_map(|(offset, magic, name)| at(offset, magic).then_some(name))
}

/// Where the bytes behind `wanted` begin.
fn places<'a>(bytes: &'a [u8], wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let starts = bytes.iter().enumerate().filter(move |(_, byte)| **byte == wanted[0]).map(|(at, _)| at);
    starts.filter(move |at| bytes[*at..].starts_with(wanted)).map(move |at| at + wanted.len())
}

/// Adds the text at the beginning of `bytes` that is of the wanted kind, unless it is known or empty.
fn add(known: &mut Vec<String>, bytes: &[u8], is_part: impl Fn(char) -> bool) {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
    let text: String = head.chars().take_while(|c| is_part(*c) && *c != char::REPLACEMENT_CHARACTER).collect();
    if !text.is_empty() && !known.contains(&text) {
        known.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SourceType, metadata};
    use super::*;

    fn of(bytes: &[u8]) -> Provenance {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        Provenance::of(file.path()).expect("readable")
    }

    #[test]
    fn what_this_program_writes_is_read_back_wherever_it_stands() {
        let packet = metadata::xmp(SourceType::TrainedAlgorithmicMedia);
        for before in [0, 1000, WINDOW_BYTES - 300, 2 * WINDOW_BYTES - 20] {
            let found = of(&[&vec![7; before], packet.as_bytes(), &[0; 50]].concat());
            assert_eq!(found.source_types, ["trainedAlgorithmicMedia"], "{before} bytes before it");
            assert_eq!(found.tools, [metadata::CREATOR], "{before} bytes before it");
            assert_eq!(found.own_version(), Some(env!("CARGO_PKG_VERSION")), "{before} bytes before it");
            assert!(found.dates.len() == 1 && found.dates[0].starts_with("20") && found.dates[0].ends_with('Z'), "{:?}", found.dates);
            assert!(found.is_synthetic() && !found.has_c2pa, "{before} bytes before it");
        }
    }

    #[test]
    fn other_programs_are_understood_and_silence_says_nothing() {
        let other =
            b"...xmp:CreatorTool=\"Some Camera 1.0\" x='http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture'... jumb..c2pa";
        let found = of(other);
        assert_eq!(
            (found.tools.as_slice(), found.source_types.as_slice()),
            (&["Some Camera 1.0".to_owned()][..], &["digitalCapture".to_owned()][..])
        );
        assert!(!found.is_synthetic() && found.has_c2pa && found.own_version().is_none(), "a photograph with a manifest");
        assert_eq!(of(b"nothing"), Provenance::default(), "nothing is said");
        assert_eq!(of(b""), Provenance::default(), "nor here");
    }
}
