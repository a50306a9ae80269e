//! Helpers of the recorder's own tests: pictures to record, and files that fail.

use std::fs::File;
use std::io::{self, Write};

use image::{Rgba, RgbaImage};

use super::fragments::PartFile;

/// A picture with gradients, edges and brush-like texture that moves with `time`; opaque.
pub(super) fn painting(size: [u32; 2], time: u32) -> RgbaImage {
    let phase = time as f32 * 0.12;
    RgbaImage::from_fn(size[0], size[1], |x, y| {
        let (u, v) = (x as f32 + 3.0 * phase.sin(), y as f32 + 2.0 * phase.cos());
        let stroke = 9.0 * (u * 0.55 + 1.7 * (v * 0.21).sin()).sin() * (v * 0.43).cos();
        let centre = [size[0] as f32 * 0.5, size[1] as f32 * 0.45];
        let in_face = (u - centre[0]).hypot((v - centre[1]) * 0.8) < size[0] as f32 * 0.25;
        let base = if in_face { [196.0, 150.0, 112.0] } else { [60.0 + u * 0.1, 72.0 + v * 0.12, 50.0] };
        let [r, g, b] = base.map(|channel| (channel + stroke).clamp(0.0, 255.0) as u8);
        Rgba([r, g, b, 255])
    })
}

/// A file on a disk that fills up: everything after the first `room` bytes is refused.
pub(super) struct FullFile {
    /// The real file.
    pub(super) file: File,
    /// Bytes that still fit.
    pub(super) room: usize,
}

impl Write for FullFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = self.file.write(&bytes[..bytes.len().min(self.room)])?;
        self.room -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl PartFile for FullFile {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}
