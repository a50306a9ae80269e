//! Cameras, through nokhwa: the only file that names it.
//!
//! Frames are taken raw and decoded here. Drivers are asked for what they can do and then for exactly that, best choice first, since nokhwa
//! gives up when a driver rounds a request.

use std::sync::Arc;
use std::time::Instant;

use image::RgbImage;
use nokhwa::Camera;
use nokhwa::utils::{ApiBackend, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution};

use super::camera::{CameraChoice, CameraFormat, CameraInfo, by_preference};
use super::error::CaptureError;
use super::pixels::{PixelError, PixelFormat, RawFrame};
use super::scale::Shaper;
use super::source::{OpenOptions, Source, SourceInfo, SourceKind};
#[cfg(target_os = "linux")]
use super::v4l2;
use crate::data::{Frame, FrameTime, Input};
use crate::runtime::contain;

/// Formats that are tried before giving up.
const MAX_ATTEMPTS: usize = 8;
/// Damaged frames in a row before the camera counts as failed; single ones are common on USB.
const MAX_DAMAGED: usize = 30;
/// All formats that are decoded here.
const FORMATS: [FrameFormat; 6] =
    [FrameFormat::MJPEG, FrameFormat::YUYV, FrameFormat::NV12, FrameFormat::GRAY, FrameFormat::RAWRGB, FrameFormat::RAWBGR];

/// The cameras that can deliver pictures now, by their numbers. Empty when there is none.
///
/// # Errors
/// [`CaptureError::NoCameraSupport`] when built without cameras.
pub fn list_cameras() -> Result<Vec<CameraInfo>, CaptureError> {
    ask_for_permission();
    let found = nokhwa::query(ApiBackend::Auto).map_err(|e| {
        tracing::warn!("cameras cannot be listed: {e}");
        CaptureError::NoCamera
    })?;
    let mut cameras: Vec<CameraInfo> = found
        .iter()
        .enumerate()
        .map(|(position, camera)| CameraInfo {
            index: camera.index().as_index().unwrap_or(position as u32),
            name: camera.human_name(),
            detail: camera.description().to_owned(),
        })
        .collect();
    #[cfg(target_os = "linux")]
    cameras.retain(|camera| v4l2::can_capture(camera.index));
    cameras.sort_by_key(|camera| camera.index);
    Ok(cameras)
}

/// What a camera can deliver, preferred first.
///
/// # Errors
/// A camera that is not there or cannot be opened.
pub fn camera_formats(choice: &CameraChoice) -> Result<Vec<CameraFormat>, CaptureError> {
    let camera = choose(choice)?;
    let mut formats = formats_of(&camera)?;
    by_preference(&mut formats);
    Ok(formats)
}

/// An open camera.
pub(super) struct WebcamSource {
    info: SourceInfo,
    camera: Option<Camera>,
    format: PixelFormat,
    size: [u32; 2],
    stride: Option<usize>,
    shaper: Shaper,
    first_frame: Option<Instant>,
    delivered: u64,
}

impl WebcamSource {
    /// Opens a camera in the best format that it accepts. Stays on this thread.
    pub(super) fn open(choice: &CameraChoice, options: OpenOptions) -> Result<Self, CaptureError> {
        let chosen = choose(choice)?;
        let (mut camera, stride) = open_in_any_format(&chosen)?;
        camera.open_stream().map_err(|e| CaptureError::CameraOpen { name: chosen.name.clone(), detail: e.to_string() })?;
        let format = camera.camera_format();
        let size = [format.width(), format.height()];
        let shaper = Shaper::new(size, image::metadata::Orientation::NoTransforms, options.max_side_px);
        let info = SourceInfo {
            name: chosen.name,
            kind: SourceKind::Camera,
            size: shaper.size(),
            fps: f64::from(format.frame_rate().max(1)),
            frames: None,
            duration: None,
            has_sound: false,
            decoder: format.format().to_string(),
        };
        let format = pixel_format(format.format());
        Ok(Self { info, camera: Some(camera), format, size, stride, shaper, first_frame: None, delivered: 0 })
    }

    /// The next frame, and when it came. The inner error is a frame that came damaged.
    fn next_frame(&mut self) -> Result<(Instant, Result<RgbImage, PixelError>), CaptureError> {
        let Some(camera) = &mut self.camera else { return Err(lost(&self.info, "it is closed".to_owned())) };
        let raw = match camera.frame_raw() {
            Ok(bytes) => Ok((Instant::now(), bytes)),
            Err(e) => Err(e.to_string()),
        };
        let (came_at, bytes) = match raw {
            Ok(raw) => raw,
            Err(detail) => return Err(lost(&self.info, detail)),
        };
        let mut pixels = RgbImage::default();
        let frame = RawFrame { format: self.format, size: self.size, stride: self.stride, bytes: &bytes };
        let written = frame.write_rgb(&mut pixels);
        Ok((came_at, written.map(|()| pixels)))
    }
}

impl Source for WebcamSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Input>, CaptureError> {
        let mut damaged = 0;
        let (captured_at, pixels) = loop {
            match self.next_frame()? {
                (came_at, Ok(pixels)) => break (came_at, pixels),
                (_, Err(error)) if damaged >= MAX_DAMAGED => return Err(error.into()),
                (_, Err(error)) => {
                    tracing::debug!("{error}");
                    damaged += 1;
                }
            }
        };
        let first = *self.first_frame.get_or_insert(captured_at);
        let time = FrameTime { index: self.delivered, media_time: captured_at.saturating_duration_since(first), captured_at };
        self.delivered += 1;
        let pixels = Arc::new(self.shaper.shape(pixels));
        Ok(Some(Input::Frame(Frame { pixels, time })))
    }
}

impl Drop for WebcamSource {
    fn drop(&mut self) {
        // The driver's own clean-up panics when the device has gone; that must not hide the error that made us close it.
        let camera = self.camera.take();
        if contain(move || drop(camera)).is_err() {
            tracing::debug!("the camera {} could not be closed properly", self.info.name);
        }
    }
}

fn lost(info: &SourceInfo, detail: String) -> CaptureError {
    CaptureError::CameraRead { name: info.name.clone(), detail }
}

#[cfg(target_os = "macos")]
fn ask_for_permission() {
    nokhwa::nokhwa_initialize(|granted| {
        if !granted {
            tracing::warn!("the system does not allow this program to use cameras");
        }
    });
}

#[cfg(not(target_os = "macos"))]
fn ask_for_permission() {}

fn choose(choice: &CameraChoice) -> Result<CameraInfo, CaptureError> {
    super::camera::choose(choice, &list_cameras()?)
}

fn formats_of(camera: &CameraInfo) -> Result<Vec<CameraFormat>, CaptureError> {
    let failed = |detail: String| CaptureError::CameraOpen { name: camera.name.clone(), detail };
    #[cfg(target_os = "linux")]
    return v4l2::formats(camera.index).map_err(|e| failed(e.to_string()));
    #[cfg(not(target_os = "linux"))]
    {
        let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
        let mut opened = Camera::new(CameraIndex::Index(camera.index), any).map_err(|e| failed(e.to_string()))?;
        let formats = opened.compatible_camera_formats().map_err(|e| failed(e.to_string()))?;
        Ok(formats
            .iter()
            .map(|f| CameraFormat {
                pixel_format: fourcc(f.format()).to_owned(),
                size: [f.width(), f.height()],
                fps: f64::from(f.frame_rate()),
            })
            .collect())
    }
}

/// Tries the formats in order of preference, then whatever nokhwa itself comes up with. With the camera comes its bytes per row.
fn open_in_any_format(camera: &CameraInfo) -> Result<(Camera, Option<usize>), CaptureError> {
    let mut formats = formats_of(camera)?;
    formats.retain(CameraFormat::is_usable);
    by_preference(&mut formats);
    let mut refusals = Vec::new();
    for wanted in formats.iter().take(MAX_ATTEMPTS) {
        match open_exactly(camera.index, wanted) {
            Ok(opened) => return Ok(opened),
            Err(refusal) => refusals.push(format!("{wanted}: {refusal}")),
        }
    }
    for request in [RequestedFormatType::AbsoluteHighestFrameRate, RequestedFormatType::None] {
        match Camera::new(CameraIndex::Index(camera.index), RequestedFormat::with_formats(request, &FORMATS)) {
            Ok(opened) => return Ok((opened, None)),
            Err(refusal) => refusals.push(refusal.to_string()),
        }
    }
    refusals.dedup();
    Err(CaptureError::CameraOpen { name: camera.name.clone(), detail: refusals.join("; ") })
}

fn open_exactly(index: u32, wanted: &CameraFormat) -> Result<(Camera, Option<usize>), String> {
    #[cfg(target_os = "linux")]
    let (wanted, stride) = v4l2::prepare(index, wanted).map_err(|e| e.to_string())?;
    #[cfg(not(target_os = "linux"))]
    let stride = None;
    let format = frame_format(&wanted.pixel_format).ok_or_else(|| format!("the camera insists on {}", wanted.pixel_format))?;
    let size = Resolution::new(wanted.size[0], wanted.size[1]);
    let exactly = nokhwa::utils::CameraFormat::new(size, format, wanted.fps.round() as u32);
    let request = RequestedFormat::with_formats(RequestedFormatType::Exact(exactly), &FORMATS);
    let camera = Camera::new(CameraIndex::Index(index), request).map_err(|e| e.to_string())?;
    Ok((camera, stride))
}

fn frame_format(fourcc: &str) -> Option<FrameFormat> {
    FORMATS.into_iter().find(|&format| self::fourcc(format) == fourcc)
}

fn fourcc(format: FrameFormat) -> &'static str {
    match format {
        FrameFormat::MJPEG => "MJPG",
        FrameFormat::YUYV => "YUYV",
        FrameFormat::NV12 => "NV12",
        FrameFormat::GRAY => "GRAY",
        FrameFormat::RAWRGB => "RGB3",
        FrameFormat::RAWBGR => "BGR3",
    }
}

fn pixel_format(format: FrameFormat) -> PixelFormat {
    match format {
        FrameFormat::MJPEG => PixelFormat::Mjpeg,
        FrameFormat::YUYV => PixelFormat::Yuyv,
        FrameFormat::NV12 => PixelFormat::Nv12,
        FrameFormat::GRAY => PixelFormat::Gray,
        FrameFormat::RAWRGB => PixelFormat::Rgb,
        FrameFormat::RAWBGR => PixelFormat::Bgr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_camera_is_a_clear_error_and_the_list_does_not_fail() {
        let cameras = list_cameras().expect("listing works without cameras");
        let absent = CameraChoice::Index(4_000_000);
        match WebcamSource::open(&absent, OpenOptions::default()).err() {
            Some(CaptureError::NoCamera) => assert!(cameras.is_empty(), "said only when there is none"),
            Some(CaptureError::CameraNotFound { available, .. }) => {
                assert!(cameras.iter().all(|camera| available.contains(&camera.name)), "names those that exist: {available}");
            }
            other => panic!("an impossible camera gave {other:?}"),
        }
    }

    #[test]
    fn every_format_is_known_both_ways() {
        for format in FORMATS {
            assert_eq!(frame_format(fourcc(format)), Some(format), "{format} has a code of its own");
        }
    }
}
