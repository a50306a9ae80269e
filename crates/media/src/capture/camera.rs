//! What is known about a camera before it is opened, and which of its formats suits us.

use std::ffi::OsStr;
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
    /// By name, as listed by [`super::list_cameras`]; keeps its meaning when cameras are plugged in and out. Of several with this name the first.
    Name(String),
    /// One of the list: by name, and of several with this name the one with this number. The number alone may belong to another camera by then.
    Listed {
        /// The system's number.
        index: u32,
        /// The name.
        name: String,
    },
}

impl CameraChoice {
    /// What `camera`, `camera:2` or `camera:NAME` means; `None` for anything else.
    pub fn from_argument(argument: &OsStr) -> Option<Self> {
        match argument.to_str()?.strip_prefix("camera")? {
            "" => Some(Self::First),
            rest => {
                let wanted = rest.strip_prefix(':')?;
                Some(wanted.parse().map_or_else(|_| Self::Name(wanted.to_owned()), Self::Index))
            }
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

impl CameraChoice {
    /// The camera that is meant, among those of a list.
    pub fn find<'a>(&self, cameras: &'a [CameraInfo]) -> Option<&'a CameraInfo> {
        let named = |name: &str| cameras.iter().find(|camera| camera.name == name);
        match self {
            Self::First => cameras.first(),
            Self::Index(index) => cameras.iter().find(|camera| camera.index == *index),
            Self::Name(name) => named(name),
            Self::Listed { index, name } => {
                cameras.iter().find(|camera| camera.index == *index && camera.name == *name).or_else(|| named(name))
            }
        }
    }
}

/// The camera that is meant.
pub(super) fn choose(choice: &CameraChoice, cameras: &[CameraInfo]) -> Result<CameraInfo, CaptureError> {
    choice.find(cameras).cloned().ok_or_else(|| {
        let available: Vec<String> = cameras.iter().map(|camera| format!("{} ({})", camera.name, camera.index)).collect();
        let not_found = |wanted: String| CaptureError::CameraNotFound { wanted, available: available.join(", ") };
        match choice {
            _ if cameras.is_empty() => CaptureError::NoCamera,
            CameraChoice::First => CaptureError::NoCamera,
            CameraChoice::Index(index) => not_found(index.to_string()),
            CameraChoice::Name(name) | CameraChoice::Listed { name, .. } => not_found(name.clone()),
        }
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
        let cameras = [camera(0, "Built-in"), camera(2, "Desk")];
        let index = |choice| choose(&choice, &cameras).map(|found| found.index).ok();
        assert_eq!(index(CameraChoice::First), Some(0), "the first");
        assert_eq!(index(CameraChoice::Index(2)), Some(2), "by the system's number, not the place in the list");
        assert_eq!(index(CameraChoice::Name("Desk".to_owned())), Some(2), "by name");
        let absent = choose(&CameraChoice::Index(1), &cameras).expect_err("there is no number 1").to_string();
        assert!(absent.contains("Desk (2)"), "says what there is: {absent}");
        assert!(matches!(choose(&CameraChoice::Index(1), &[]), Err(CaptureError::NoCamera)), "nothing at all");
    }

    #[test]
    fn two_cameras_of_one_name_are_told_apart_by_their_numbers() {
        let camera = |index, name: &str| CameraInfo { index, name: name.to_owned(), detail: String::new() };
        let listed = |index| CameraChoice::Listed { index, name: "Webcam".to_owned() };
        let index = |choice: CameraChoice, cameras: &[CameraInfo]| choice.find(cameras).map(|found| found.index);
        let both = [camera(0, "Webcam"), camera(2, "Webcam"), camera(4, "Other")];
        assert_eq!([index(listed(0), &both), index(listed(2), &both)], [Some(0), Some(2)], "either of two");
        assert_eq!(index(listed(4), &both), Some(0), "another camera has the number now: the name decides");
        assert_eq!(index(listed(2), &[camera(6, "Webcam")]), Some(6), "plugged in again under another number");
        assert_eq!(index(listed(2), &[camera(2, "Other")]), None, "not any camera will do");
    }
}
