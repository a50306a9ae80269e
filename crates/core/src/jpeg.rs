//! Motion JPEG: pictures that leave out the Huffman tables, because all pictures of a film have the same ones.

use std::borrow::Cow;

/// The segment that tells decoders that a JPEG is one of a film: its missing Huffman tables are the standard's (ITU-T T.81, annex K.3).
const MOTION_JPEG: [u8; 9] = [0xff, 0xe0, 0, 7, b'A', b'V', b'I', b'1', 0];
/// The marker of Huffman tables.
const DHT: u8 = 0xc4;
/// The marker of a scan: the picture's own data.
const SOS: u8 = 0xda;

/// A JPEG as decoders take it. Many webcams send pictures without Huffman tables; such a picture gets a note that the standard's are meant.
/// Anything else is left as it is, be it a whole JPEG, a damaged one or none at all.
pub fn with_tables(bytes: &[u8]) -> Cow<'_, [u8]> {
    if lacks_tables(bytes) { Cow::Owned([&bytes[..2], &MOTION_JPEG, &bytes[2..]].concat()) } else { Cow::Borrowed(bytes) }
}

/// Whether the first scan comes before any Huffman table.
fn lacks_tables(bytes: &[u8]) -> bool {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return false;
    }
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4).and_then(|head| <&[u8; 4]>::try_from(head).ok()) {
        match marker {
            DHT => return false,
            SOS => return true,
            // A fill byte before a marker has no length.
            0xff => at += 1,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG and the same without its Huffman tables. The encoder of the image crate uses the standard's.
    fn with_and_without() -> (Vec<u8>, Vec<u8>) {
        let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([(x * 4) as u8, (y * 5) as u8, 128]));
        let mut whole = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut whole, image::ImageFormat::Jpeg).expect("a JPEG in memory");
        let whole = whole.into_inner();
        let (mut stripped, mut at) = (whole[..2].to_vec(), 2);
        while whole[at + 1] != SOS {
            let end = at + 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
            if whole[at + 1] != DHT {
                stripped.extend_from_slice(&whole[at..end]);
            }
            at = end;
        }
        stripped.extend_from_slice(&whole[at..]);
        (whole, stripped)
    }

    #[test]
    fn a_picture_without_tables_is_decoded_with_the_standard_ones() {
        let (whole, stripped) = with_and_without();
        assert!(whole.len() > stripped.len() + 400, "the tables are gone");
        assert!(image::load_from_memory(&stripped).is_err(), "decoders refuse it as it is");
        let decoded = image::load_from_memory(&with_tables(&stripped)).expect("with the note it can be decoded");
        assert_eq!(decoded, image::load_from_memory(&whole).expect("whole"), "and is the same picture");
    }

    #[test]
    fn everything_else_is_left_alone() {
        let (whole, stripped) = with_and_without();
        for bytes in [&whole[..], b"", b"\xff", b"\xff\xd8", b"\x89PNG\r\n\x1a\n\0\0", &stripped[..40]] {
            assert_eq!(with_tables(bytes), Cow::Borrowed(bytes), "{} bytes", bytes.len());
        }
        assert!(!lacks_tables(&[0xff, 0xd8, 0xff, 0xff, 0xff, 0xff]), "fill bytes to the end");
    }
}
