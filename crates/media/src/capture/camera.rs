//! What is known about a camera before it is opened, and which of its formats suits us.

use std::fmt;

use super::error::CaptureError;

/// The size that tracking needs; larger pictures cost time and gain nothing.
const WANTED_PIXELS: f64 = 640.0 * 480.0;
/// The rate that a living picture needs.
const WANTED_FPS: f64 = 30.0;

/// Which camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraChoice {
    /// The first one in the list.
    First,
    /// By the system's number: 2 is `/dev/video2`.
    Index(u32),
    /// By name, as listed by [`super::list_cameras`]; keeps its meaning when cameras are plugged in and out.
    Name(String),
}

impl CameraChoice {
    /// What a user means: nothing for the first camera, a number for the system's, anything else for a name.
    pub fn from_text(text: &str) -> Self {
        match text.parse() {
            _ if text.is_empty() => Self::First,
            Ok(index) => Self::Index(index),
            Err(_) => Self::Name(text.to_owned()),
        }
    }
}

/// A camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// The system's number: 2 is `/dev/video2`.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub detail: String,
}

/// A format that a camera offers.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraFormat {
    /// Four letters for the arrangement of the bytes, such as `MJPG` or `YUYV`.
    pub pixel_format: String,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Frames per second.
    pub fps: f64,
}

impl CameraFormat {
    /// Whether this program can decode it.
    pub fn is_usable(&self) -> bool {
        self.format_cost().is_some()
    }

    /// What the arrangement costs in time or loses in quality, on the scale of [`Self::cost`].
    fn format_cost(&self) -> Option<f64> {
        match self.pixel_format.as_str() {
            "YUYV" | "NV12" => Some(0.0),
            "MJPG" => Some(0.05),
            "RGB3" | "BGR3" => Some(0.1),
            "GRAY" => Some(1.0),
            _ => None,
        }
    }

    /// How far it is from what we want: 0 is perfect.
    fn cost(&self) -> f64 {
        let pixels = f64::from(self.size[0]) * f64::from(self.size[1]);
        let size = (pixels.max(1.0) / WANTED_PIXELS).ln().abs();
        let slow = (WANTED_FPS - self.fps).max(0.0) / WANTED_FPS * 4.0;
        let fast = (self.fps - WANTED_FPS).max(0.0) / 300.0;
        size + slow + fast + self.format_cost().unwrap_or(1e3)
    }
}

impl fmt::Display for CameraFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}x{} at {:.4} fps", self.pixel_format, self.size[0], self.size[1], self.fps)
    }
}

/// Sorts formats: those near 640x480 at 30 frames per second first, those that we cannot decode last.
pub(super) fn by_preference(formats: &mut [CameraFormat]) {
    formats.sort_by(|a, b| a.cost().total_cmp(&b.cost()));
}

/// The camera that was meant.
pub(super) fn choose(choice: &CameraChoice, cameras: Vec<CameraInfo>) -> Result<CameraInfo, CaptureError> {
    let available: Vec<String> = cameras.iter().map(|camera| format!("{} ({})", camera.name, camera.index)).collect();
    let found = cameras.into_iter().find(|camera| match choice {
        CameraChoice::First => true,
        CameraChoice::Index(index) => camera.index == *index,
        CameraChoice::Name(name) => camera.name == *name,
    });
    found.ok_or_else(|| match choice {
        _ if available.is_empty() => CaptureError::NoCamera,
        CameraChoice::First => CaptureError::NoCamera,
        CameraChoice::Index(index) => CaptureError::CameraNotFound { wanted: index.to_string(), available: available.join(", ") },
        CameraChoice::Name(name) => CaptureError::CameraNotFound { wanted: name.clone(), available: available.join(", ") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(pixel_format: &str, width: u32, height: u32, fps: f64) -> CameraFormat {
        CameraFormat { pixel_format: pixel_format.to_owned(), size: [width, height], fps }
    }

    #[test]
    fn small_and_fluent_comes_first_and_unknown_last() {
        let mut formats = [
            format("H264", 640, 480, 30.0),
            format("MJPG", 1920, 1080, 30.0),
            format("YUYV", 1280, 720, 10.0),
            format("YUYV", 640, 480, 30.0),
            format("MJPG", 640, 480, 30.0),
            format("YUYV", 160, 120, 30.0),
            format("MJPG", 1280, 720, 30.0),
        ];
        by_preference(&mut formats);
        let order: Vec<String> = formats.iter().map(|f| format!("{}{}", f.pixel_format, f.size[1])).collect();
        assert_eq!(order, ["YUYV480", "MJPG480", "MJPG720", "MJPG1080", "YUYV120", "YUYV720", "H264480"], "by what it costs");
        assert!(!format("H264", 640, 480, 30.0).is_usable(), "we have no decoder for H.264 from cameras");
    }

    #[test]
    fn cameras_are_found_by_number_and_by_name() {
        let camera = |index, name: &str| CameraInfo { index, name: name.to_owned(), detail: String::new() };
        let cameras = || vec![camera(0, "Built-in"), camera(2, "Desk")];
        let index = |choice| choose(&choice, cameras()).map(|found| found.index).ok();
        assert_eq!(index(CameraChoice::First), Some(0), "the first");
        assert_eq!(index(CameraChoice::Index(2)), Some(2), "by the system's number, not the place in the list");
        assert_eq!(index(CameraChoice::Name("Desk".to_owned())), Some(2), "by name");
        let absent = choose(&CameraChoice::Index(1), cameras()).expect_err("there is no number 1").to_string();
        assert!(absent.contains("Desk (2)"), "says what there is: {absent}");
        assert!(matches!(choose(&CameraChoice::Index(1), vec![]), Err(CaptureError::NoCamera)), "nothing at all");
    }
}
