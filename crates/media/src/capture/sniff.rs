//! What a file is, judged by its first bytes and never by its name.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::error::CaptureError;

/// How many bytes are looked at.
const HEAD_BYTES: u64 = 4096;

/// What a file seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Stored motion.
    Performance,
    /// MP4, MOV and their kin.
    IsoMedia,
    /// A GIF.
    Gif,
    /// A PNG, still or animated.
    Png,
    /// A WebP, still or animated.
    WebP,
    /// Another kind of still picture that we read.
    Still,
    /// Something that only ffmpeg may know.
    Unknown,
}

/// Containers that ffmpeg opens: how they begin, and what people call them.
const CONTAINERS: [(usize, &[u8], &str); 9] = [
    (0, b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
    (8, b"AVI ", "AVI"),
    (0, b"FLV", "Flash video"),
    (0, b"OggS", "Ogg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    (0, b"\0\0\x01\xba", "an MPEG programme stream"),
    (0, b"DKIF", "IVF"),
    (0, b"\x06\x0e\x2b\x34", "MXF"),
    (188, b"\x47", "an MPEG transport stream"),
];

/// Why ffmpeg is needed for a file that is not known here, in words.
pub(super) fn container_words(path: &Path) -> String {
    let head = read_head(path).unwrap_or_default();
    let found = CONTAINERS.iter().find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    found.map_or_else(|| "its format is not built in".to_owned(), |(.., name)| format!("its format, {name}, is not built in"))
}

impl FileKind {
    /// Looks at the file.
    ///
    /// # Errors
    /// A path that is absent, a directory, no plain file, unreadable or empty; a file that certainly is no clip.
    pub(super) fn of(path: &Path) -> Result<Self, CaptureError> {
        let head = read_head(path)?;
        Self::of_head(&head).map_err(|looks_like| CaptureError::NotAVideo { path: path.to_owned(), looks_like: looks_like.to_owned() })
    }

    fn of_head(head: &[u8]) -> Result<Self, &'static str> {
        let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        let iso_types: [&[u8]; 7] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];
        let stills: [&[u8]; 6] = [b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
        if at(0, b"GIF87a") || at(0, b"GIF89a") {
            Ok(Self::Gif)
        } else if at(0, b"\x89PNG\r\n\x1a\n") {
            Ok(Self::Png)
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Ok(Self::WebP)
        } else if at(4, b"ftyphei") || at(4, b"ftyphevc") || at(4, b"ftypmif1") || at(4, b"ftypavi") {
            Err("a HEIC or AVIF picture, which can be a portrait but cannot drive one (save it as JPEG or PNG for that)")
        } else if at(0, b"\xff\x0a") || at(0, b"\0\0\0\x0cJXL ") {
            Err("a JPEG XL picture, which can be a portrait but cannot drive one (save it as JPEG or PNG for that)")
        } else if iso_types.iter().any(|kind| at(4, kind)) {
            Ok(Self::IsoMedia)
        } else if is_text(head) {
            if is_performance(head) { Ok(Self::Performance) } else { Err("a text file") }
        } else if stills.iter().any(|magic| at(0, magic)) {
            Ok(Self::Still)
        } else if at(0, b"%PDF") {
            Err("a PDF document")
        } else if at(0, b"PK\x03\x04") {
            Err("a ZIP archive or an office document")
        } else {
            Ok(Self::Unknown)
        }
    }
}

fn read_head(path: &Path) -> Result<Vec<u8>, CaptureError> {
    let unreadable = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::NotFound if path.as_os_str() == "-" => CaptureError::StandardInput,
        std::io::ErrorKind::NotFound => CaptureError::NotFound { path: path.to_owned() },
        _ => CaptureError::Unreadable { path: path.to_owned(), cause },
    };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(CaptureError::Directory { path: path.to_owned() });
    }
    if !metadata.is_file() {
        // Opening a named pipe would wait for ever.
        return Err(CaptureError::NotAVideo { path: path.to_owned(), looks_like: "a device or a pipe".to_owned() });
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head)).map_err(unreadable)?;
    if head.is_empty() {
        return Err(CaptureError::Empty { path: path.to_owned() });
    }
    Ok(head)
}

/// Whether these bytes are text. Text must never reach ffmpeg: it would play some of it as animated letters, and playlists could name other files.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return true;
    }
    let whole = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut by the end of what was read.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    !whole.is_empty() && whole.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\x0c' | '\x1b'))
}

fn is_performance(head: &[u8]) -> bool {
    let mark = b"\"retrato_performance\"";
    head.trim_ascii_start().starts_with(b"{") && head.windows(mark.len()).any(|window| window == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_by_content() {
        for (head, kind) in [
            (&b"\0\0\0\x20ftypisom\0\0\x02\0"[..], FileKind::IsoMedia),
            (b"\0\0\0\x08wide\0\0\x02\0mdat", FileKind::IsoMedia),
            (b"GIF89a\x01\0", FileKind::Gif),
            (b"\x89PNG\r\n\x1a\n\0\0", FileKind::Png),
            (b"RIFF\0\0\0\0WEBPVP8 ", FileKind::WebP),
            (b"RIFF\0\0\0\0AVI LIST", FileKind::Unknown),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", FileKind::Still),
            (b"\x1a\x45\xdf\xa3\x01\0", FileKind::Unknown),
            (b"{\"retrato_performance\":1,\"fps\":30}\n", FileKind::Performance),
        ] {
            assert_eq!(FileKind::of_head(head), Ok(kind), "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn text_of_any_kind_is_refused() {
        for text in ["hello", "#EXTM3U\nhttp://example.org/x.ts\n", "ffconcat version 1.0\nfile x", "<svg/>", "{\"a\":1}", "\x1b[31mred"] {
            assert_eq!(FileKind::of_head(text.as_bytes()), Err("a text file"), "{text:?}");
        }
        let cut = &"é".repeat(2100).into_bytes()[..4095];
        assert_eq!(FileKind::of_head(cut), Err("a text file"), "a letter cut in two is still text");
    }

    #[test]
    fn absent_empty_and_directory_are_distinct() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let empty = folder.path().join("empty.mp4");
        std::fs::write(&empty, b"").expect("a file");
        assert!(matches!(FileKind::of(&empty), Err(CaptureError::Empty { .. })), "zero bytes");
        assert!(matches!(FileKind::of(folder.path()), Err(CaptureError::Directory { .. })), "directory");
        assert!(matches!(FileKind::of(&folder.path().join("no")), Err(CaptureError::NotFound { .. })), "absent");
    }
}
