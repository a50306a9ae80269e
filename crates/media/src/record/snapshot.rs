//! A single picture as PNG.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use image::RgbaImage;

use super::png_sequence::encode_png;
use super::{RecordError, SourceType, files};

/// Saves a picture as PNG with transparency and the note that it is synthetic. The file appears whole or not at all; if the name is taken, a
/// free one like it is used. Returns the name.
///
/// # Errors
/// When the place cannot be written.
pub fn snapshot(path: &Path, picture: &RgbaImage, source_type: SourceType) -> Result<PathBuf, RecordError> {
    files::survive_size_limit();
    files::check_place(path)?;
    let temporary = files::temporary_beside(path)?;
    let mut out = BufWriter::new(temporary.as_file());
    encode_png(&mut out, path, picture, source_type)?;
    out.flush().map_err(RecordError::file("write", path))?;
    drop(out);
    temporary.as_file().sync_all().map_err(RecordError::file("write", path))?;
    files::publish(temporary.path(), path, false)
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::record::metadata::PNG_XMP_KEYWORD;

    #[test]
    fn a_snapshot_is_lossless_says_that_it_is_synthetic_and_never_replaces() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("still.png");
        let picture = RgbaImage::from_fn(33, 21, |x, y| Rgba([x as u8 * 7, y as u8 * 9, 50, 200 + (x % 50) as u8]));
        let saved = snapshot(&path, &picture, SourceType::CompositeSynthetic).expect("saved");
        assert_eq!(saved, path, "the name was free");
        let read = image::open(&path).expect("readable").to_rgba8();
        assert_eq!(read, picture, "every pixel, with alpha");
        let again = snapshot(&path, &picture, SourceType::CompositeSynthetic).expect("saved");
        assert_eq!(again, folder.path().join("still (2).png"), "a free name");

        let file = std::io::BufReader::new(std::fs::File::open(&path).expect("opened"));
        let reader = png::Decoder::new(file).read_info().expect("header");
        let xmp = reader.info().utf8_text.iter().find(|text| text.keyword == PNG_XMP_KEYWORD).expect("an XMP packet");
        let text = xmp.get_text().expect("readable text");
        assert!(text.contains("compositeSynthetic") && text.contains("Retrato"), "type and tool: {text}");
    }
}
