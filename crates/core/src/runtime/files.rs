//! Files that appear whole or not at all, and what a path stands for.

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

/// A file that becomes another when it is complete, readable by whom an ordinary file would be. It vanishes unless it is persisted.
pub fn temporary_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".retrato-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(<std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

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
