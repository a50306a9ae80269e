//! Picture formats that people have and that are not read here: what they are, and how one comes to a picture that is.

use crate::stills::is_heif;

/// A format that is known by name only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignFormat {
    /// What a file in it is, as in "this is a Photoshop document".
    pub name: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const JPEG_2000: ForeignFormat = ForeignFormat {
    name: "a JPEG 2000 picture",
    remedy: "convert it to PNG first, e.g. with `opj_decompress -i in.jp2 -o out.png` (package libopenjp2-tools)",
};
const SVG: ForeignFormat = ForeignFormat {
    name: "an SVG or another XML file, which is a drawing and no picture of pixels",
    remedy: "export it as PNG first, e.g. with `rsvg-convert in.svg -o out.png` (package librsvg2-bin) or from a browser",
};
const PHOTOSHOP: ForeignFormat = ForeignFormat { name: "a Photoshop document", remedy: "export it as JPEG or PNG first" };
const XCF: ForeignFormat = ForeignFormat { name: "a GIMP document", remedy: "export it as JPEG or PNG first" };
const EXR: ForeignFormat = ForeignFormat { name: "an OpenEXR picture", remedy: "save it as PNG first" };
const DDS: ForeignFormat = ForeignFormat { name: "a DirectDraw surface", remedy: "save it as PNG first" };
const ICON: ForeignFormat = ForeignFormat { name: "an icon", remedy: "save it as PNG first" };
const NETPBM: ForeignFormat =
    ForeignFormat { name: "a Netpbm picture", remedy: "convert it to PNG first, e.g. with `pnmtopng in.ppm > out.png` (package netpbm)" };
const FUJI_RAW: ForeignFormat = ForeignFormat {
    name: "a picture straight from a camera's sensor (RAW)",
    remedy: "develop it to JPEG or TIFF first, e.g. with darktable",
};
const PDF: ForeignFormat = ForeignFormat {
    name: "a PDF document",
    remedy: "take the picture out of it first, e.g. with `pdftoppm -png in.pdf out` (package poppler-utils)",
};
const VIDEO: ForeignFormat = ForeignFormat {
    name: "a video",
    remedy: "save one frame of it as a picture first, e.g. with `ffmpeg -i in.mp4 -frames:v 1 out.png`; a video can drive a portrait",
};

/// Beginnings of files, at their place, and what they stand for. The first that fits counts.
const BEGINNINGS: [(usize, &[u8], ForeignFormat); 21] = [
    (4, b"ftypcrx ", FUJI_RAW),
    (4, b"ftyp", VIDEO),
    (4, b"moov", VIDEO),
    (4, b"mdat", VIDEO),
    (0, b"\x1a\x45\xdf\xa3", VIDEO),
    (0, b"\0\0\0\x0cjP  ", JPEG_2000),
    (0, b"\xff\x4f\xff\x51", JPEG_2000),
    (0, b"8BPS", PHOTOSHOP),
    (0, b"gimp xcf", XCF),
    (0, b"\x76\x2f\x31\x01", EXR),
    (0, b"DDS ", DDS),
    (0, b"\0\0\x01\0", ICON),
    (0, b"FUJIFILMCCD-RAW", FUJI_RAW),
    (0, b"%PDF", PDF),
    (0, b"P1\n", NETPBM),
    (0, b"P2\n", NETPBM),
    (0, b"P3\n", NETPBM),
    (0, b"P4\n", NETPBM),
    (0, b"P5\n", NETPBM),
    (0, b"P6\n", NETPBM),
    (0, b"P7\n", NETPBM),
];

impl ForeignFormat {
    /// What the file is, if it is of a format that is known by name only.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if is_heif(bytes) {
            return None;
        }
        let found = BEGINNINGS.iter().find(|(at, magic, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
        found.map(|(.., format)| *format).or_else(|| is_markup(bytes).then_some(SVG))
    }
}

/// Whether a file is a drawing in XML, behind comments and whatever else may stand before it.
fn is_markup(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let head = &text[..text.len().min(1024)];
    [&b"<svg"[..], b"<?xml", b"<!DOCTYPE svg"].iter().any(|magic| head.starts_with(magic))
        || head.starts_with(b"<!--") && head.windows(4).any(|window| window == b"<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_named_with_a_way_out() {
        for (bytes, words) in [
            (&b"<svg xmlns='x'/>"[..], "rsvg-convert"),
            (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "rsvg-convert"),
            (b" <!-- made by hand --><svg/>", "rsvg-convert"),
            (b"\0\0\0\x18ftypmp42", "ffmpeg"),
            (b"8BPS\0\x01", "export"),
        ] {
            let format = ForeignFormat::of(bytes).unwrap_or_else(|| panic!("{:?} is known", String::from_utf8_lossy(bytes)));
            assert!(format.remedy.contains(words), "{} says {:?}", format.name, format.remedy);
        }
        for own in [&b"\xff\xd8\xff\xe0"[..], b"\x89PNG\r\n\x1a\n", b"II*\0", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBP", b"", b"<html>"] {
            assert_eq!(ForeignFormat::of(own), None, "{own:?}");
        }
    }
}
