//! Files that appear whole or not at all.

use std::path::Path;

/// A file that becomes another when it is complete, readable by whom an ordinary file would be. It vanishes unless it is persisted.
pub fn temporary_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".retrato-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(<std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(folder)
}
