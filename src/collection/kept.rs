//! Pictures that have no lasting file of their own, such as pasted ones: kept beside the list, bounded in number and bytes.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _, RgbaImage};

use super::file::is_in;
use super::{Change, Collection, CollectionError, CollectionFile, Source};
use crate::runtime::temporary_in;

/// How many pictures are kept, and how many bytes they have together; the oldest that are no favourites go.
const MAX_PICTURES: usize = 64;
const MAX_BYTES: u64 = 512 << 20;
/// Most bytes of one picture.
const MAX_PICTURE_BYTES: u64 = 128 << 20;
/// Longest stem of a name, in letters.
const MAX_STEM: usize = 60;

/// What shall be kept.
#[derive(Clone, Debug)]
pub enum ToKeep {
    /// Pixels, sRGB with straight alpha, under a name.
    Pixels(String, Arc<RgbaImage>),
    /// A file that will not stay where it is.
    File(PathBuf),
}

/// A picture that was kept.
#[derive(Debug)]
pub struct Kept {
    /// Its file.
    pub file: PathBuf,
    /// The list from then on.
    pub collection: Collection,
    /// What the user should know about the list: it was damaged.
    pub trouble: Option<CollectionError>,
}

impl CollectionFile {
    /// Whether a picture is one of those that are kept here: only these may be deleted.
    pub fn keeps(&self, picture: &Path) -> bool {
        is_in(&self.pictures(), picture)
    }

    /// Keeps a picture, once for each content, and puts it into the list as opened at that time, in seconds since 1970.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, picture: &ToKeep, at_secs: u64) -> Result<Kept, CollectionError> {
        let (content, stem, ending, bytes) = match picture {
            ToKeep::Pixels(name, pixels) => (content_of(pixels), name.clone(), "png".to_owned(), png(pixels)?),
            ToKeep::File(path) => {
                let bytes = read(path).map_err(|cause| CollectionError::Read { path: path.clone(), cause })?;
                let part = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
                (blake3::hash(&bytes).to_hex().to_string(), part(path.file_stem()), part(path.extension()), bytes)
            }
        };
        let size = bytes.len() as u64;
        if size > MAX_PICTURE_BYTES {
            return Err(CollectionError::TooLarge { bytes: size, most: MAX_PICTURE_BYTES });
        }
        self.locked(|| {
            let (mut collection, trouble) = self.load_to_change()?;
            let known = |portrait: &&super::KnownPortrait| {
                portrait.content.as_ref() == Some(&content) && portrait.source.file().is_some_and(|file| self.keeps(file) && file.is_file())
            };
            let kept_before = collection.iter().find(known).and_then(|known| known.source.file()).map(Path::to_owned);
            let file = match kept_before {
                Some(file) => file,
                None => self.write_picture(&stem, &ending, &bytes).map_err(|cause| self.cannot_write(cause))?,
            };
            let source = Source::File(file.clone());
            collection.apply(&Change::Opened(source.clone(), at_secs));
            collection.apply(&Change::Content(source, content));
            self.make_room(&mut collection, &file);
            self.write(&collection)?;
            Ok(Kept { file, collection, trouble })
        })
    }

    /// Deletes a picture that was kept here; no other one.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn discard(&self, picture: &Path) -> Result<(), CollectionError> {
        if !self.keeps(picture) {
            return Ok(());
        }
        match std::fs::remove_file(picture) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(self.cannot_write(cause)),
            _ => Ok(()),
        }
    }

    /// Writes a picture under the first free name.
    fn write_picture(&self, stem: &str, ending: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let folder = self.pictures();
        std::fs::create_dir_all(&folder)?;
        let (stem, ending) = (plain(stem, MAX_STEM, "Picture"), plain(ending, 5, "png"));
        let mut file = temporary_in(&folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        for number in 1.. {
            let path = folder.join(format!("{stem} {number}.{ending}"));
            match file.persist_noclobber(&path) {
                Ok(_) => return Ok(path),
                Err(taken) if taken.error.kind() == std::io::ErrorKind::AlreadyExists => file = taken.file,
                Err(other) => return Err(other.error),
            }
        }
        Err(std::io::Error::other("all names are taken"))
    }

    /// Lets the oldest pictures go where there are too many, with their entries; favourites, what other portraits are made from and the `newest` stay.
    fn make_room(&self, collection: &mut Collection, newest: &Path) {
        let Ok(files) = std::fs::read_dir(self.pictures()) else { return };
        let seen = |file: std::fs::DirEntry| {
            let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
            let known = collection.get(&Source::File(file.path()));
            // One that is in no list is a rest of a window that has crashed: its own time counts.
            let written = about.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let opened = known.map_or(written, |known| known.opened_at_secs);
            let stays = file.path() == newest || known.is_some_and(|known| known.favourite) || collection.makes_from(&file.path());
            Some((stays, opened, about.len(), file.path()))
        };
        let mut files: Vec<(bool, u64, u64, PathBuf)> = files.flatten().filter_map(seen).collect();
        files.sort();
        let (mut count, mut bytes) = (files.len(), files.iter().map(|(_, _, bytes, _)| bytes).sum::<u64>());
        for (stays, _, size, path) in files {
            if stays || (count <= MAX_PICTURES && bytes <= MAX_BYTES) {
                break;
            }
            if std::fs::remove_file(&path).is_ok() {
                (count, bytes) = (count - 1, bytes - size);
                collection.apply(&Change::Remove(Source::File(path)));
            }
        }
    }
}

/// What the same picture has in common when it is pasted again.
fn content_of(pixels: &RgbaImage) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(&pixels.width().to_le_bytes()).update(&pixels.height().to_le_bytes()).update(pixels);
    hash.finalize().to_hex().to_string()
}

fn png(pixels: &RgbaImage) -> Result<Vec<u8>, CollectionError> {
    let mut bytes = Vec::new();
    let mut out = BufWriter::new(&mut bytes);
    let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Sub);
    encoder.write_image(pixels, pixels.width(), pixels.height(), ExtendedColorType::Rgba8)?;
    drop(out);
    Ok(bytes)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_PICTURE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A part of a name that every file system takes.
fn plain(text: &str, most: usize, otherwise: &str) -> String {
    let letters = text.chars().map(|c| if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_') { c } else { ' ' });
    let plain: String = letters.take(most).collect();
    let plain = plain.trim();
    if plain.is_empty() { otherwise.to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::super::file::testing::list;
    use super::*;

    fn pasted(value: u8) -> ToKeep {
        ToKeep::Pixels("Pasted picture".to_owned(), Arc::new(RgbaImage::from_pixel(40, 30, Rgba([value, 7, 9, 200]))))
    }

    #[test]
    fn a_pasted_picture_is_kept_whole_and_once() {
        let (_folder, list) = list();
        let first = list.keep(&pasted(1), 10).expect("kept");
        assert_eq!(
            first.file.file_name().and_then(|name| name.to_str()),
            Some("Pasted picture 1.png"),
            "under a name that says what it is"
        );
        let back = image::open(&first.file).expect("a picture").into_rgba8();
        assert_eq!((back.dimensions(), back.get_pixel(3, 3).0), ((40, 30), [1, 7, 9, 200]), "as it was");
        let second = list.keep(&pasted(2), 20).expect("kept");
        let again = list.keep(&pasted(1), 30).expect("kept");
        assert_eq!(again.file, first.file, "the same picture has one file");
        let order: Vec<&Path> = again.collection.own().filter_map(|known| known.source.file()).collect();
        assert_eq!(order, [first.file.as_path(), second.file.as_path()], "and is the newest now");
        assert_eq!(list.load().0, again.collection, "which the list says");
    }

    #[test]
    fn a_file_that_will_not_stay_is_copied() {
        let (folder, list) = list();
        let passing = folder.path().join("Frau am Fenster?.JPG");
        std::fs::write(&passing, b"not looked into").expect("a file");
        let kept = list.keep(&ToKeep::File(passing.clone()), 1).expect("kept");
        assert_eq!(kept.file.file_name().and_then(|name| name.to_str()), Some("Frau am Fenster 1.JPG"), "with a name that can be written");
        std::fs::remove_file(&passing).expect("it is gone");
        assert_eq!(std::fs::read(&kept.file).expect("the copy"), b"not looked into", "the copy stays");
        let error = list.keep(&ToKeep::File(passing), 1).expect_err("there is nothing to copy");
        assert!(matches!(error, CollectionError::Read { .. }), "{error}");
    }

    #[test]
    fn only_what_is_kept_here_is_ever_deleted() {
        let (folder, list) = list();
        let own = folder.path().join("own.png");
        std::fs::write(&own, b"dear").expect("a file");
        let kept = list.keep(&pasted(1), 1).expect("kept").file;
        let crooked = list.pictures().join("..").join("..").join("own.png");
        for path in [&own, &crooked, &list.path()] {
            list.discard(path).expect("nothing to do");
            assert!(path.exists(), "{} is not ours", path.display());
        }
        list.discard(&kept).expect("deleted");
        list.discard(&kept).expect("which is no error when it is gone");
        assert!(!kept.exists(), "the copy is gone");
    }

    #[test]
    fn there_is_an_end_to_what_is_kept_and_favourites_stay() {
        let (_folder, list) = list();
        let dear = list.keep(&pasted(0), 1).expect("kept").file;
        list.update(&[Change::Favourite(Source::File(dear.clone()), true)]).expect("a favourite");
        let old = list.keep(&pasted(1), 2).expect("kept").file;
        let mut collection = Collection::default();
        for n in 2..=MAX_PICTURES as u8 {
            collection = list.keep(&pasted(n), 2 + u64::from(n)).expect("kept").collection;
        }
        let files = std::fs::read_dir(list.pictures()).expect("a folder").count();
        assert_eq!(files, MAX_PICTURES, "bounded");
        assert!(dear.exists() && !old.exists(), "the oldest goes, unless it is a favourite");
        assert!(collection.get(&Source::File(old)).is_none(), "and leaves the list");
    }

    #[test]
    fn a_picture_that_another_portrait_is_made_from_stays() {
        let (folder, list) = list();
        let [of_portrait, of_nobody] = [0, 1].map(|value| list.keep(&pasted(value), 1).expect("kept").file);
        let portrait = Source::File(folder.path().join("mother.png"));
        let changes = [
            Change::Opened(portrait.clone(), 2),
            Change::AddFurther(portrait, of_portrait.clone()),
            Change::Remove(Source::File(of_portrait.clone())),
        ];
        let (collection, _) = list.update(&changes).expect("written");
        assert!(collection.uses(&of_portrait) && collection.uses(&of_nobody), "as a further picture, or by itself");
        for n in 2..=MAX_PICTURES as u8 {
            list.keep(&pasted(n), 2 + u64::from(n)).expect("kept");
        }
        assert!(of_portrait.exists() && !of_nobody.exists(), "only the other one makes room");
    }
}
