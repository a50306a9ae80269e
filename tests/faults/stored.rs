//! Files of the program's own that were damaged: cut, changed in one bit, emptied, replaced by a folder; and files from the future, as after a clock has jumped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use retrato::collection::{Change, CollectionFile, Source};
use retrato::record::find_interrupted;
use retrato::recordings;
use retrato::runtime::FileCache;
use retrato::settings::{Settings, SettingsFile};

use super::{Dice, scaled};

/// What can happen to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Cut(usize),
    Flipped(usize),
    Emptied,
    Folder,
    /// With something in it.
    FullFolder,
}

impl Damage {
    /// Every kind, at some places of a file of this length.
    fn all(length: usize, dice: &mut Dice) -> Vec<Self> {
        let mut all = vec![Self::Emptied, Self::Folder, Self::FullFolder, Self::Cut(1), Self::Cut(length - 1)];
        for _ in 0..scaled(60, 2000) {
            all.push(Self::Cut(dice.below(length as u32) as usize));
            all.push(Self::Flipped(dice.below(8 * length as u32) as usize));
        }
        all
    }

    fn apply(self, path: &Path, whole: &[u8]) {
        clear(path);
        match self {
            Self::Cut(length) => fs::write(path, &whole[..length]).expect("written"),
            Self::Flipped(bit) => {
                let mut bytes = whole.to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                fs::write(path, bytes).expect("written");
            }
            Self::Emptied => fs::write(path, b"").expect("written"),
            Self::Folder => fs::create_dir(path).expect("made"),
            Self::FullFolder => {
                fs::create_dir(path).expect("made");
                fs::write(path.join("inside"), b"x").expect("written");
            }
        }
    }
}

fn clear(path: &Path) {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.ok();
}

#[test]
fn damaged_settings_give_defaults_or_their_own_and_are_written_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = SettingsFile::at(folder.path().join("settings.toml"));
    file.save(&Settings { camera: Some("FaceCam".to_owned()), ..Settings::default() }).expect("saved");
    let whole = fs::read(file.path()).expect("there");
    for damage in Damage::all(whole.len(), &mut Dice(3)) {
        damage.apply(file.path(), &whole);
        let (read, trouble) = file.load();
        assert!(trouble.is_none() || read.controls == Settings::default().controls, "{damage:?}: what was not understood is not used");
        if matches!(damage, Damage::Folder | Damage::FullFolder) {
            let why = trouble.expect("a folder cannot be read").to_string();
            assert!(why.contains("cannot be read") && why.contains("settings.toml"), "{damage:?}: {why}");
            let why = file.save(&Settings::default()).expect_err("nor written over").to_string();
            assert!(why.contains("nothing is written over them") && why.contains("settings.toml"), "{damage:?}: {why}");
            continue;
        }
        file.save(&Settings::default()).expect("written anew");
        let (read, trouble) = file.load();
        assert!(trouble.is_none() && read == Settings::default(), "{damage:?}: and read again: {trouble:?}");
    }
}

#[test]
fn a_damaged_list_of_portraits_gives_what_is_whole_and_is_written_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = CollectionFile::at(folder.path());
    let opened = |name: &str, at| Change::Opened(Source::File(PathBuf::from("/pictures").join(name)), at);
    list.update(&[opened("one.png", 1), opened("two.png", 2), opened("three.png", 3)]).expect("written");
    let whole = fs::read(list.path()).expect("there");
    for damage in Damage::all(whole.len(), &mut Dice(5)) {
        damage.apply(&list.path(), &whole);
        let (read, trouble) = list.load();
        assert!(read.iter().count() <= 3, "{damage:?}: none is made up");
        let updated = list.update(&[opened("four.png", 4)]);
        match &updated {
            Ok((now, _)) => assert!(now.iter().any(|known| known.source.file() == Some(Path::new("/pictures/four.png")))),
            // A flipped bit can make it one of a newer version, which must not be written over; and a folder cannot be.
            Err(error) => assert!(error.to_string().contains("portraits"), "{damage:?}: {error} after {trouble:?}"),
        }
        let is_folder = matches!(damage, Damage::Folder | Damage::FullFolder);
        assert_eq!(updated.is_err(), is_folder || trouble.is_some_and(|trouble| trouble.to_string().contains("newer")), "{damage:?}");
    }
}

#[test]
fn damaged_entries_of_a_cache_are_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = FileCache::at(folder.path(), 1 << 20);
    let content: Vec<u8> = (0..3000_u32).map(|at| (at % 251) as u8).collect();
    cache.put("key", &content);
    let entry = fs::read_dir(folder.path()).expect("listed").flatten().next().expect("one entry").path();
    let whole = fs::read(&entry).expect("there");
    for damage in Damage::all(whole.len(), &mut Dice(9)) {
        damage.apply(&entry, &whole);
        assert_eq!(cache.get("key"), None, "{damage:?}: nothing damaged is used");
        cache.put("key", &content);
        assert_eq!(cache.get("key").as_ref(), Some(&content), "{damage:?}: and it is kept again");
    }
}

#[test]
fn files_from_the_future_and_from_before_the_epoch_are_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = SystemTime::now();
    let decade = Duration::from_hours(24 * 3650);
    let written = [("far-future", now + 10 * decade), ("future", now + decade), ("now", now), ("past", SystemTime::UNIX_EPOCH - decade)];
    for (name, at) in written {
        for ending in ["mp4", "mp4.part"] {
            let path = folder.path().join(format!("{name}.{ending}"));
            fs::write(&path, name).expect("a file");
            File::options().append(true).open(&path).and_then(|file| file.set_modified(at)).expect("its time");
        }
    }
    let films: Vec<_> =
        recordings::films(folder.path(), 10).into_iter().filter_map(|film| film.path.file_stem().map(ToOwned::to_owned)).collect();
    assert_eq!(films, ["far-future", "future", "now", "past"], "in the order of their times");
    assert_eq!(find_interrupted(folder.path()).expect("listed").len(), 4, "interrupted ones are found");

    // Entries whose times lie in the future must not push out those that are made now for ever.
    let cache = FileCache::at(folder.path().join("cache"), 3500);
    for key in ["a", "b", "c"] {
        cache.put(key, &[7; 1000]);
    }
    for entry in fs::read_dir(folder.path().join("cache")).expect("listed").flatten() {
        File::options().append(true).open(entry.path()).and_then(|file| file.set_modified(now + decade)).expect("its time");
    }
    cache.put("new", &[8; 1000]);
    assert!(cache.get("new").is_some(), "what is made now is kept");
}
