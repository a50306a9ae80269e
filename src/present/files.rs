//! What a file that was dropped, picked or pasted is for, told by its name.

use std::path::{Path, PathBuf};

/// Pictures that can become portraits.
pub(super) const PICTURES: [&str; 14] =
    ["jpg", "jpeg", "png", "webp", "heic", "heif", "hif", "avif", "jxl", "bmp", "tif", "tiff", "jfif", "jpe"];
/// Clips that can drive.
pub(super) const CLIPS: [&str; 10] = ["mp4", "mov", "m4v", "webm", "mkv", "avi", "mpg", "mpeg", "ogv", "gif"];
/// Stored performances.
pub(super) const PERFORMANCES: [&str; 1] = ["jsonl"];

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileRole {
    /// A portrait.
    Portrait,
    /// A driving clip.
    Clip,
    /// A stored performance.
    Performance,
    /// None of these.
    Unknown,
}

/// Tells by the extension what a file is for.
pub(super) fn kind(path: &Path) -> FileRole {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is = |list: &[&str]| list.contains(&extension.as_str());
    match () {
        () if is(&PICTURES) => FileRole::Portrait,
        () if is(&CLIPS) => FileRole::Clip,
        () if is(&PERFORMANCES) => FileRole::Performance,
        () => FileRole::Unknown,
    }
}

/// The files that pasted text names: one path or `file://` address a line. Empty when the text is anything else.
pub(super) fn paths_in_text(text: &str) -> Vec<PathBuf> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "copy" && *line != "cut");
    let paths: Option<Vec<PathBuf>> = lines.map(path_in_line).collect();
    paths.unwrap_or_default()
}

fn path_in_line(line: &str) -> Option<PathBuf> {
    let line = line.trim_matches(['"', '\'']);
    let path = match line.strip_prefix("file://") {
        Some(rest) => PathBuf::from(percent_decoded(rest)?),
        None => PathBuf::from(line),
    };
    path.is_absolute().then_some(path)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_extension() {
        for (name, expected) in [
            ("Mona Lisa.JPG", FileRole::Portrait),
            ("a.b.webp", FileRole::Portrait),
            ("IMG_0001.HEIC", FileRole::Portrait),
            ("a.avif", FileRole::Portrait),
            ("a.jxl", FileRole::Portrait),
            ("talk.MP4", FileRole::Clip),
            ("wave.gif", FileRole::Clip),
            ("talk.jsonl", FileRole::Performance),
            ("notes.txt", FileRole::Unknown),
            ("README", FileRole::Unknown),
        ] {
            assert_eq!(kind(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn pasted_text_may_name_files() {
        let list = "copy\nfile:///people/me/My%20Face.png\n/data/b.jpg\n";
        assert_eq!(paths_in_text(list), [PathBuf::from("/people/me/My Face.png"), PathBuf::from("/data/b.jpg")], "a file manager's list");
        assert_eq!(paths_in_text("\"/data/b.jpg\""), [PathBuf::from("/data/b.jpg")], "quotes are taken off");
        for prose in ["hello there", "", "see /etc/passwd\nand more", "file:///bad%zz"] {
            assert!(paths_in_text(prose).is_empty(), "no file in {prose:?}");
        }
    }
}
