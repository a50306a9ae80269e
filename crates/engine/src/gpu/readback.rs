//! Copies of textures and numbers back to host memory: asynchronously for the recorder and the virtual camera, and waiting for the rest.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use image::RgbaImage;

use super::Gpu;

/// Longest wait for one copy before the device counts as hung.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait for numbers behind work that takes a software adapter long.
const LONG_PATIENCE: Duration = Duration::from_mins(1);
const BYTES_PER_PIXEL: u32 = 4;

/// Why a texture cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadbackError {
    /// The ring was made for other textures.
    #[error("a texture of {got:?} in {format:?} cannot be read by a ring for {expected:?} in Rgba8Unorm with COPY_SRC")]
    WrongTexture {
        /// Size of the texture, in pixels.
        got: [u32; 2],
        /// Its format.
        format: wgpu::TextureFormat,
        /// Size that the ring is made for.
        expected: [u32; 2],
    },
    /// The copy did not come: the device is lost or hangs.
    #[error("the graphics device did not deliver a picture: {0}; choose the CPU in the settings if this happens again")]
    NotDelivered(String),
}

/// Some buffers that take turns carrying pictures of one size from the GPU. Each picture has a tag, such as its time, that comes back with it.
#[derive(Debug)]
pub struct ReadbackRing<T> {
    gpu: Gpu,
    size: [u32; 2],
    /// Buffers that carry nothing now, and the way back for those that were read.
    free: Receiver<wgpu::Buffer>,
    freed: Sender<wgpu::Buffer>,
    in_flight: VecDeque<InFlight<T>>,
    skipped: u64,
}

/// A picture that has arrived, still in the buffer that brought it. Copying it out takes a millisecond or so for a large one, and may be done on
/// any thread; the buffer goes back to its ring when this is dropped.
#[derive(Debug)]
pub struct MappedPicture {
    buffer: wgpu::Buffer,
    size: [u32; 2],
    freed: Sender<wgpu::Buffer>,
}

impl MappedPicture {
    /// The picture.
    pub fn read(&self) -> Result<RgbaImage, ReadbackError> {
        read_mapped(&self.buffer, self.size)
    }
}

impl Drop for MappedPicture {
    fn drop(&mut self) {
        self.buffer.unmap();
        // The ring may be gone, and the buffer with it.
        self.freed.try_send(self.buffer.clone()).ok();
    }
}

#[derive(Debug)]
struct InFlight<T> {
    buffer: wgpu::Buffer,
    tag: T,
    submission: wgpu::SubmissionIndex,
    /// Filled by the driver when the buffer can be read, or cannot.
    mapped: Arc<OnceLock<Result<(), wgpu::BufferAsyncError>>>,
}

impl<T> ReadbackRing<T> {
    /// A ring of `slots` buffers (at least one) for textures of `size`, width and height in pixels.
    pub fn new(gpu: &Gpu, size: [u32; 2], slots: usize) -> Self {
        let (freed, free) = bounded(slots.max(1));
        let ring = Self { gpu: gpu.clone(), size, free, freed, in_flight: VecDeque::new(), skipped: 0 };
        (0..slots.max(1)).for_each(|_| ring.give_back(new_buffer(gpu, size)));
        ring
    }

    /// Size of its textures, width and height in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Starts to copy a texture (`Rgba8Unorm`, usage `COPY_SRC`) as it is after all work submitted so far. Returns at once; `false` when
    /// all buffers are under way, so that this picture is skipped.
    pub fn submit(&mut self, texture: &wgpu::Texture, tag: T) -> Result<bool, ReadbackError> {
        self.check(texture)?;
        let Ok(buffer) = self.free.try_recv() else {
            self.skipped += 1;
            return Ok(false);
        };
        let submission = self.copy(texture, &buffer);
        let mapped = Arc::new(OnceLock::new());
        let done = Arc::clone(&mapped);
        // The driver calls back once, so the cell is still empty then.
        buffer.map_async(wgpu::MapMode::Read, .., move |result| drop(done.set(result)));
        self.in_flight.push_back(InFlight { buffer, tag, submission, mapped });
        Ok(true)
    }

    /// The oldest picture under way, if it has arrived; to be copied out where there is time for it. Never waits.
    pub fn try_take(&mut self) -> Option<Result<(MappedPicture, T), ReadbackError>> {
        // A poll without waiting reports no error of its own; a loss shows in the mapping's result.
        drop(self.gpu.device.poll(wgpu::PollType::Poll));
        self.take_arrived()
    }

    /// The oldest picture under way, waiting for it; `None` when none is.
    pub fn take(&mut self) -> Option<Result<(MappedPicture, T), ReadbackError>> {
        let submission_index = Some(self.in_flight.front()?.submission.clone());
        let waited = self.gpu.device.poll(wgpu::PollType::Wait { submission_index, timeout: Some(PATIENCE) });
        self.take_arrived().or_else(|| {
            let waiting = self.in_flight.pop_front()?;
            self.give_back(new_buffer(&self.gpu, self.size));
            drop(waiting);
            Some(Err(ReadbackError::NotDelivered(waited.err().map_or_else(|| "no answer".to_owned(), |e| e.to_string()))))
        })
    }

    /// How many pictures are under way.
    pub fn under_way(&self) -> usize {
        self.in_flight.len()
    }

    /// How many pictures were skipped because all buffers were under way.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn check(&self, texture: &wgpu::Texture) -> Result<(), ReadbackError> {
        let (got, format) = ([texture.width(), texture.height()], texture.format());
        let readable = format == wgpu::TextureFormat::Rgba8Unorm && texture.usage().contains(wgpu::TextureUsages::COPY_SRC);
        if got == self.size && readable { Ok(()) } else { Err(ReadbackError::WrongTexture { got, format, expected: self.size }) }
    }

    fn copy(&self, texture: &wgpu::Texture, buffer: &wgpu::Buffer) -> wgpu::SubmissionIndex {
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("read back") });
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(padded_row_bytes(self.size[0])), rows_per_image: None };
        encoder.copy_texture_to_buffer(texture.as_image_copy(), wgpu::TexelCopyBufferInfo { buffer, layout }, texture.size());
        self.gpu.queue.submit([encoder.finish()])
    }

    fn take_arrived(&mut self) -> Option<Result<(MappedPicture, T), ReadbackError>> {
        self.in_flight.front()?.mapped.get()?;
        let InFlight { buffer, tag, mapped, .. } = self.in_flight.pop_front()?;
        if !matches!(mapped.get(), Some(Ok(()))) {
            self.give_back(new_buffer(&self.gpu, self.size));
            return Some(Err(ReadbackError::NotDelivered("the copy was refused".to_owned())));
        }
        Some(Ok((MappedPicture { buffer, size: self.size, freed: self.freed.clone() }, tag)))
    }

    /// There is room for every buffer of the ring, so none is lost here.
    fn give_back(&self, buffer: wgpu::Buffer) {
        self.freed.try_send(buffer).ok();
    }
}

/// Reads one texture (`Rgba8Unorm`, usage `COPY_SRC`), waiting for it.
pub fn read_texture(gpu: &Gpu, texture: &wgpu::Texture) -> Result<RgbaImage, ReadbackError> {
    let mut ring = ReadbackRing::new(gpu, [texture.width(), texture.height()], 1);
    ring.submit(texture, ())?;
    let nothing = || Err(ReadbackError::NotDelivered("nothing was submitted".to_owned()));
    ring.take().unwrap_or_else(nothing)?.0.read()
}

/// The first numbers of a buffer that can be copied from; waits for them. All of them are none where they do not come.
pub(crate) fn read_floats(gpu: &Gpu, buffer: &wgpu::Buffer, count: usize) -> Vec<f32> {
    let size = (count * size_of::<f32>()) as u64;
    let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
    let copy = gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some("read back"), size, usage, mapped_at_creation: false });
    let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("read back") });
    encoder.copy_buffer_to_buffer(buffer, 0, &copy, 0, size);
    gpu.queue.submit([encoder.finish()]);
    // Whether it worked shows in the range.
    copy.map_async(wgpu::MapMode::Read, .., |_| {});
    let waited = gpu.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(LONG_PATIENCE) });
    let view = waited.ok().and_then(|_| copy.get_mapped_range(..).ok());
    view.map_or_else(|| vec![f32::NAN; count], |view| bytemuck::cast_slice(&view).to_vec())
}

/// Rows in a buffer begin at multiples of 256 bytes.
fn padded_row_bytes(width: u32) -> u32 {
    (width * BYTES_PER_PIXEL).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT)
}

fn new_buffer(gpu: &Gpu, [width, height]: [u32; 2]) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("read back"),
        size: u64::from(padded_row_bytes(width)) * u64::from(height),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    })
}

/// The pixels of a mapped buffer, without the padding of its rows.
fn read_mapped(buffer: &wgpu::Buffer, [width, height]: [u32; 2]) -> Result<RgbaImage, ReadbackError> {
    let view = buffer.get_mapped_range(..).map_err(|cause| ReadbackError::NotDelivered(cause.to_string()))?;
    let row_bytes = (width * BYTES_PER_PIXEL) as usize;
    let rows = view.chunks_exact(padded_row_bytes(width) as usize);
    let mut pixels = Vec::with_capacity(row_bytes * height as usize);
    rows.for_each(|row| pixels.extend_from_slice(&row[..row_bytes]));
    RgbaImage::from_raw(width, height, pixels).ok_or_else(|| ReadbackError::NotDelivered("the buffer is too small".to_owned()))
}

#[cfg(test)]
mod tests {
    use image::Rgba;
    use test_needs::needs;

    use super::*;
    use crate::gpu::testing::{gpu_for_test, texture};

    fn picture(width: u32, height: u32, seed: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| Rgba([(x * 3 + seed) as u8, (y * 5) as u8, (x ^ y) as u8, (200 + seed) as u8]))
    }

    #[test]
    fn rows_are_padded_to_256_bytes() {
        for (width, expected) in [(1, 256), (64, 256), (65, 512), (602, 2560)] {
            assert_eq!(padded_row_bytes(width), expected, "width {width}");
        }
    }

    #[needs(gpu)]
    #[test]
    fn pictures_of_any_width_come_back_unchanged() {
        let gpu = gpu_for_test();
        for (width, height) in [(1, 1), (64, 3), (65, 7), (100, 40), (602, 401)] {
            let sent = picture(width, height, 9);
            let got = read_texture(&gpu, &texture(&gpu, &sent)).expect("a picture");
            assert_eq!(got, sent, "{width} x {height}");
        }
        assert_eq!(gpu.health.fault(), None, "nothing was refused");
    }

    #[needs(gpu)]
    #[test]
    fn the_ring_keeps_order_and_tags_and_skips_when_full() {
        let gpu = gpu_for_test();
        let mut ring = ReadbackRing::new(&gpu, [30, 20], 2);
        assert!(ring.try_take().is_none() && ring.take().is_none(), "nothing under way");
        for round in 0..3 {
            let sent: Vec<RgbaImage> = (0..3).map(|i| picture(30, 20, 10 * round + i)).collect();
            let started: Vec<bool> =
                sent.iter().zip(0..).map(|(p, tag)| ring.submit(&texture(&gpu, p), tag).expect("a fitting texture")).collect();
            assert_eq!(started, [true, true, false], "two buffers, so the third is skipped");
            assert_eq!(ring.under_way(), 2, "two under way");
            for (tag, expected) in sent.iter().enumerate().take(2) {
                let (got, got_tag) = ring.take().expect("one under way").expect("it arrives");
                assert_eq!((got_tag, &got.read().expect("readable")), (tag, expected), "in order, each with its tag");
            }
        }
        assert_eq!(ring.skipped(), 3, "skipped pictures are counted");
    }

    #[needs(gpu)]
    #[test]
    fn try_take_returns_the_picture_once_it_has_arrived() {
        let gpu = gpu_for_test();
        let mut ring = ReadbackRing::new(&gpu, [16, 16], 1);
        let sent = picture(16, 16, 1);
        ring.submit(&texture(&gpu, &sent), "tag").expect("a fitting texture");
        let deadline = std::time::Instant::now() + PATIENCE;
        let got = loop {
            assert!(std::time::Instant::now() < deadline, "the picture arrives in time");
            if let Some(got) = ring.try_take() {
                break got;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let (got, tag) = got.expect("it arrives");
        assert!(!ring.submit(&texture(&gpu, &sent), "next").expect("a fitting texture"), "the only buffer is still being read");
        let got = std::thread::spawn(move || got.read()).join().expect("no panic").expect("readable");
        assert_eq!((got, tag), (sent.clone(), "tag"), "unchanged, and on any thread");
        assert!(ring.submit(&texture(&gpu, &sent), "next").expect("a fitting texture"), "the buffer came back");
    }

    #[needs(gpu)]
    #[test]
    fn a_texture_that_does_not_fit_is_refused_and_a_lost_device_reported() {
        let gpu = gpu_for_test();
        let mut ring = ReadbackRing::new(&gpu, [16, 16], 1);
        assert!(matches!(ring.submit(&texture(&gpu, &picture(17, 16, 0)), ()), Err(ReadbackError::WrongTexture { .. })), "another size");
        let last = texture(&gpu, &picture(16, 16, 0));
        gpu.device.destroy();
        assert!(ring.submit(&last, ()).is_ok_and(|started| started), "the loss is not known yet");
        assert!(matches!(ring.take(), Some(Err(ReadbackError::NotDelivered(_)))), "no picture, an error and no panic");
    }
}
