//! HEIC and AVIF: the header is read here, the picture is decoded by a program of the system.

use image::metadata::Orientation;

use super::converter::convert;
use super::heif_header::HeifHeader;
use super::{StepFor, Still, StillError};

/// Kinds of files that hold such pictures, as they call themselves.
const BRANDS: [&[u8; 4]; 11] = [b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"];

/// Whether these are the bytes of a HEIC or AVIF picture.
pub fn is_heif(bytes: &[u8]) -> bool {
    let brand = bytes.get(8..12).and_then(|brand| brand.first_chunk());
    bytes.get(4..8) == Some(b"ftyp") && brand.is_some_and(|brand| BRANDS.contains(&brand))
}

/// Reads the main picture of a HEIC or AVIF file: whole and upright.
///
/// # Errors
/// Everything in [`StillError`]. None is averaged down: where that is asked for, it is too large.
pub fn read_heif(bytes: &[u8], step_for: StepFor<'_>) -> Result<Still, StillError> {
    let header = HeifHeader::parse(bytes)?;
    // All pictures of a file may be decoded, and none may be larger than the main one may be.
    for size in [header.largest, header.size] {
        if size.contains(&0) || step_for(size) != Some(1) {
            return Err(StillError::TooLarge(size));
        }
    }
    let converted = convert(&without_profiles(bytes), header.codec)?;
    let mut picture = converted.pixels;
    if !converted.by.turns {
        header.transforms.iter().for_each(|transform| picture.apply_orientation(*transform));
    }
    let full_size = [picture.width(), picture.height()];
    if step_for(full_size) != Some(1) {
        return Err(StillError::TooLarge(full_size));
    }
    let (is_grey, pixels) = (false, picture.into_rgba8());
    Ok(Still { pixels, full_size, is_grey, orientation: Orientation::NoTransforms, colours: header.colours })
}

/// The file without its colour profiles: its colours come from the header, and programs that write PNG stumble over a profile that breaks a rule of its own.
fn without_profiles(bytes: &[u8]) -> Vec<u8> {
    const FREE: &[u8] = b"free";
    let mut bytes = bytes.to_vec();
    for profile in [b"colrprof", b"colrrICC"] {
        while let Some(at) = memory_find(&bytes, profile) {
            bytes[at..at + FREE.len()].copy_from_slice(FREE);
        }
    }
    bytes
}

fn memory_find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_them_from_films() {
        for brand in BRANDS {
            assert!(is_heif(&[b"\0\0\0\x18ftyp", &brand[..], b"\0\0\0\0"].concat()), "{brand:?}");
        }
        for other in [&b"\0\0\0\x18ftypmp42\0\0\0\0"[..], b"\0\0\0\x18ftypheic"[..11].as_ref(), b"", b"\xff\xd8\xff\xe0ftyp"] {
            assert!(!is_heif(other), "{other:?}");
        }
    }

    #[test]
    fn profiles_are_taken_out_and_code_points_stay() {
        let without = without_profiles(b"..colrprofABC..colrrICCcolrnclx");
        assert_eq!(without, b"..freeprofABC..freerICCcolrnclx", "a box of nothing");
    }

    #[test]
    fn sizes_are_judged_before_anything_is_run() {
        let boxed = |name: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat();
        let size = boxed(b"ispe", &[&[0; 4][..], &60_000_u32.to_be_bytes(), &60_000_u32.to_be_bytes()].concat());
        let described = [boxed(b"ipco", &size), boxed(b"ipma", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1])].concat();
        let meta = [&[0; 4][..], &boxed(b"pitm", &[0, 0, 0, 0, 0, 1]), &boxed(b"iprp", &described)].concat();
        let file = [boxed(b"ftyp", b"heic\0\0\0\0"), boxed(b"meta", &meta)].concat();
        let read = read_heif(&file, &|size| (size[0] < 50_000).then_some(1)).map(drop);
        assert_eq!(read, Err(StillError::TooLarge([60_000, 60_000])), "refused");
    }
}
