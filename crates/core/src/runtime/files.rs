//! Files that appear whole or not at all, and what a path stands for.

use std::io::Write as _;
use std::path::Path;

/// Whether two paths lead to one file or folder, by whatever names and links; not when one of them leads nowhere.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let identity = |path: &Path| std::fs::metadata(path).map(|facts| (facts.dev(), facts.ino()));
        matches!((identity(a), identity(b)), (Ok(a), Ok(b)) if a == b)
    }
    #[cfg(not(unix))]
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Whether something is at the path that is neither a file nor a folder: a device, a pipe, a socket. Reading one could wait for ever, and a file must not take
/// its name.
pub fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|facts| !facts.is_file() && !facts.is_dir())
}

/// How the names of temporary files begin and end.
const TEMPORARY: [&str; 2] = [".retrato-", ".tmp"];

/// A file that becomes another when it is complete, readable by whom an ordinary file would be. It vanishes unless it is persisted.
pub fn temporary_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY[0]).suffix(TEMPORARY[1]);
    #[cfg(unix)]
    builder.permissions(<std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Whether a path has the name of a temporary file of this program. A killed one leaves them behind.
pub fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(TEMPORARY[0]) && name.ends_with(TEMPORARY[1])
}

/// Writes a file whole or not at all: a full disk or a sudden end leaves the old one.
pub fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = temporary_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Gives a file another name, unless something has that already.
///
/// # Errors
/// [`AlreadyExists`](std::io::ErrorKind::AlreadyExists) when the name is taken, and what the system says.
pub fn rename_without_replacing(from: &Path, to: &Path) -> std::io::Result<()> {
    // Unlike a rename, a hard link never replaces what appeared in the meantime.
    match std::fs::hard_link(from, to) {
        Ok(()) => std::fs::remove_file(from),
        Err(taken) if taken.kind() == std::io::ErrorKind::AlreadyExists => Err(taken),
        // File systems without hard links: look, then rename.
        Err(_) if to.exists() => Err(std::io::ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(from, to),
    }
}

/// Whether some file system does not take this character in a name.
pub fn is_forbidden_in_name(c: char) -> bool {
    c.is_control() || r#"/\:*?"<>|"#.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_replaces_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let [old, taken, new] = ["old", "taken", "new"].map(|name| folder.path().join(name));
        for path in [&old, &taken] {
            std::fs::write(path, path.as_os_str().as_encoded_bytes()).expect("written");
        }
        let refused = rename_without_replacing(&old, &taken).expect_err("it is there");
        assert_eq!(refused.kind(), std::io::ErrorKind::AlreadyExists, "says so");
        assert!(old.exists() && std::fs::read(&taken).is_ok_and(|text| text.ends_with(b"taken")), "both are as they were");
        rename_without_replacing(&old, &new).expect("a free name");
        assert!(!old.exists() && new.exists(), "it has the new name alone");
        rename_without_replacing(&old, &taken).expect_err("there is nothing to rename");
    }

    #[test]
    fn a_file_is_written_whole_or_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for content in ["first", "second"] {
            write_whole(&path, content.as_bytes()).expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("read"), content, "in the place of what was there");
        }
        assert!(temporary_in(folder.path()).is_ok_and(|file| is_temporary(file.path())) && !is_temporary(&path), "known by its name");
        write_whole(&folder.path().join("no folder").join("file"), b"").expect_err("nowhere to write");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "nothing else is left there");
    }

    #[test]
    fn a_file_is_known_under_all_its_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, other, absent] = ["file", "other", "absent"].map(|name| folder.path().join(name));
        std::fs::write(&file, "same").expect("written");
        std::fs::write(&other, "same").expect("written");
        std::fs::create_dir(folder.path().join("inside")).expect("a folder");
        assert!(is_same_file(&file, &file) && is_same_file(&file, &folder.path().join("inside/../file")), "another spelling");
        assert!(!is_same_file(&file, &other) && !is_same_file(&absent, &absent), "equal content is another file");
        let hard = folder.path().join("hard");
        std::fs::hard_link(&file, &hard).expect("a hard link");
        assert_eq!(is_same_file(&file, &hard), cfg!(unix), "a hard link");
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&file, &link).expect("a symbolic link");
            assert!(is_same_file(&link, &hard), "a symbolic link");
            assert!(is_special(Path::new("/dev/null")) && !is_special(&file) && !is_special(folder.path()), "a device");
        }
        assert!(!is_special(&absent), "nothing");
    }
}
