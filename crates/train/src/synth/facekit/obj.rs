//! Reads the kit's .obj files: vertices and polygons, with bounded sizes.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use glam::Vec3;

use super::FaceKitError;

/// Vertices of every mesh of the kit.
const KIT_VERTICES: usize = 26_719;
/// Polygons of the neutral mesh.
const KIT_POLYGONS: usize = 26_384;
/// No file of the kit is larger: reading stops here.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// No line of the kit is longer.
const MAX_LINE_BYTES: u64 = 512;
/// No kit has more expressions.
const MAX_EXPRESSIONS: usize = 200;

/// Names of the folder's expressions, sorted.
pub(super) fn expression_names(folder: &Path) -> Result<Vec<String>, FaceKitError> {
    let unreadable = |source| FaceKitError::Unreadable { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|e| e == "obj") && !name.starts_with("identity") && !name.starts_with("generic") {
            names.push(name.to_owned());
        }
    }
    names.sort();
    if names.len() > MAX_EXPRESSIONS || names.binary_search_by(|n| n.as_str().cmp("jawOpen")).is_err() {
        let reason = format!("{} expressions, or jawOpen.obj is missing", names.len());
        return Err(FaceKitError::Malformed { path: folder.to_owned(), reason });
    }
    Ok(names)
}

/// Calls `line` with each line until it says to stop.
fn each_line(path: &Path, mut line: impl FnMut(&[u8]) -> Result<bool, String>) -> Result<(), FaceKitError> {
    let unreadable = |source| FaceKitError::Unreadable { path: path.to_owned(), source };
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(unreadable)?.take(MAX_FILE_BYTES));
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = (&mut reader as &mut dyn BufRead).take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes).map_err(unreadable)?;
        if read == 0 {
            return Ok(());
        }
        match line(&bytes) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(reason) => return Err(FaceKitError::Malformed { path: path.to_owned(), reason }),
        }
    }
}

/// All vertices of a mesh of the kit.
pub(super) fn read_vertices(path: &Path) -> Result<Vec<Vec3>, FaceKitError> {
    let mut vertices = Vec::with_capacity(KIT_VERTICES);
    each_line(path, |line| {
        if let Some(rest) = line.strip_prefix(b"v ") {
            vertices.push(parse_vertex(rest).ok_or_else(|| format!("vertex {} is not three numbers", vertices.len() + 1))?);
        }
        Ok(vertices.len() < KIT_VERTICES)
    })?;
    if vertices.len() != KIT_VERTICES {
        let reason = format!("{} vertices instead of {KIT_VERTICES}", vertices.len());
        return Err(FaceKitError::Malformed { path: path.to_owned(), reason });
    }
    Ok(vertices)
}

fn parse_vertex(text: &[u8]) -> Option<Vec3> {
    let mut numbers = std::str::from_utf8(text).ok()?.split_ascii_whitespace().map(str::parse::<f32>);
    let mut next = || numbers.next()?.ok().filter(|n| n.abs() < 1000.0);
    Some(Vec3::new(next()?, next()?, next()?))
}

/// All polygons of a mesh, split as fans.
pub(super) fn read_triangles(path: &Path) -> Result<Vec<[u32; 3]>, FaceKitError> {
    let mut triangles = Vec::with_capacity(2 * KIT_POLYGONS);
    let mut polygons = 0;
    each_line(path, |line| {
        if let Some(rest) = line.strip_prefix(b"f ") {
            let corners = parse_polygon(rest).ok_or_else(|| format!("polygon {} is damaged", polygons + 1))?;
            triangles.extend(corners[1..].windows(2).map(|edge| [corners[0], edge[0], edge[1]]));
            polygons += 1;
        }
        Ok(polygons < KIT_POLYGONS)
    })?;
    if polygons != KIT_POLYGONS {
        let reason = format!("{polygons} polygons instead of {KIT_POLYGONS}");
        return Err(FaceKitError::Malformed { path: path.to_owned(), reason });
    }
    Ok(triangles)
}

/// Zero-based vertex indices of an .obj polygon with at least three corners.
fn parse_polygon(text: &[u8]) -> Option<Vec<u32>> {
    let corner = |token: &str| token.split('/').next()?.parse::<u32>().ok()?.checked_sub(1).filter(|&i| (i as usize) < KIT_VERTICES);
    let corners: Option<Vec<u32>> = std::str::from_utf8(text).ok()?.split_ascii_whitespace().map(corner).collect();
    corners.filter(|c| c.len() >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polygons_and_vertices_are_read_as_written() {
        assert_eq!(parse_polygon(b"3/1 12/2 1/3 4/4\n"), Some(vec![2, 11, 0, 3]), "zero based, first number of each corner");
        assert_eq!(parse_polygon(b"1/1 2/2\n"), None, "two corners are no polygon");
        assert_eq!(parse_polygon(b"0/1 2/2 3/3\n"), None, "indices begin at 1");
        assert_eq!(parse_polygon(b"1 2 99999999\n"), None, "out of range");
        assert_eq!(parse_vertex(b"1 -2.5 3e0\r\n"), Some(Vec3::new(1.0, -2.5, 3.0)), "three numbers");
        assert_eq!(parse_vertex(b"1 nan 3"), None, "not a number");
        assert_eq!(parse_vertex(b"1 2"), None, "too few");
    }

    #[test]
    fn a_truncated_file_is_refused() {
        let path = std::env::temp_dir().join(format!("retrato-facekit-{}.obj", std::process::id()));
        std::fs::write(&path, "v 1 2 3\nv 1 2 4\n").expect("temporary files can be written");
        let error = read_vertices(&path).expect_err("two vertices are too few");
        std::fs::remove_file(&path).expect("the file can be removed");
        assert!(error.to_string().contains("2 vertices instead of"), "{error}");
    }
}
