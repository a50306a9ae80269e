//! A short look at a camera: what it shows now and what it can do, or why nothing of it is seen. It is released at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbImage;

use super::camera::{CameraChoice, CameraFormat, CameraInfo};
use super::error::CaptureError;
use super::open::{SourceSpec, open};
use super::source::OpenOptions;
use super::webcam::camera_formats;
use crate::data::Input;
use crate::runtime::StopFlag;

/// Frames that are read, so that the camera has time to find its exposure, and how long that may take after the first one.
const FRAMES: usize = 12;
const WITHIN: Duration = Duration::from_millis(900);

/// What came of a look.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraLook {
    /// The camera.
    pub camera: CameraInfo,
    /// What it can deliver, preferred first; empty where that is not known.
    pub formats: Vec<CameraFormat>,
    /// What is seen.
    pub sight: CameraSight,
}

/// What is seen of a camera.
#[derive(Clone, Debug, PartialEq)]
pub enum CameraSight {
    /// Its picture.
    Picture(Arc<RgbImage>),
    /// It drives already: it was not opened a second time.
    Drives,
    /// Another program has it.
    Busy,
    /// The system does not let this program use it.
    Forbidden,
    /// It gives no picture, for this reason.
    Fails(String),
}

/// Looks at a camera. Takes up to a few seconds; once `stop` is set, it ends with the next frame.
pub fn look_at(camera: &CameraInfo, stop: &StopFlag) -> CameraLook {
    let choice = CameraChoice::Listed { index: camera.index, name: camera.name.clone() };
    let (formats, sight) = match camera_formats(&choice) {
        Ok(formats) => (formats, picture(choice, stop).map_or_else(|error| trouble(&error), CameraSight::Picture)),
        Err(error) => (Vec::new(), trouble(&error)),
    };
    CameraLook { camera: camera.clone(), formats: formats.into_iter().filter(CameraFormat::is_usable).collect(), sight }
}

fn picture(choice: CameraChoice, stop: &StopFlag) -> Result<Arc<RgbImage>, CaptureError> {
    let name = if let CameraChoice::Listed { name, .. } = &choice { name.clone() } else { String::new() };
    let mut source = open(&SourceSpec::Camera(choice), OpenOptions::default())?;
    let mut last = None;
    let mut until: Option<Instant> = None;
    for _ in 0..FRAMES {
        let Some(Input::Frame(frame)) = source.next()? else { break };
        last = Some(frame.pixels);
        if stop.is_set() || Instant::now() > *until.get_or_insert_with(|| Instant::now() + WITHIN) {
            break;
        }
    }
    last.ok_or_else(|| CaptureError::CameraRead { name, detail: "it sends no pictures".to_owned() })
}

/// What an error means for whoever chooses a camera. Drivers hand the system's reasons on as text.
fn trouble(error: &CaptureError) -> CameraSight {
    let text = error.to_string().to_lowercase();
    // Numbers of Linux and macOS; the other words are those of Windows' media foundation.
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["os error 16)", "resource busy", "device or resource busy", "ebusy", "in use by another"]) {
        CameraSight::Busy
    } else if says(&["os error 13)", "os error 1)", "permission denied", "not permitted", "access is denied", "eacces"]) {
        CameraSight::Forbidden
    } else {
        CameraSight::Fails(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_driver_says_becomes_what_a_user_can_do() {
        let said = |detail: &str| trouble(&CaptureError::CameraOpen { name: "Webcam".to_owned(), detail: detail.to_owned() });
        assert_eq!(said("YUYV 640x480: Device or resource busy (os error 16)"), CameraSight::Busy, "another program");
        assert_eq!(said("Permission denied (os error 13)"), CameraSight::Forbidden, "a group is missing");
        assert!(matches!(said("Input/output error (os error 5)"), CameraSight::Fails(why) if why.contains("Webcam")), "anything else");
    }

    #[test]
    fn a_camera_that_is_not_there_is_no_trouble() {
        let camera = CameraInfo { index: 4_000_000, name: "Nobody's".to_owned(), detail: String::new() };
        let look = look_at(&camera, &StopFlag::default());
        assert!(matches!(look.sight, CameraSight::Fails(_)) && look.formats.is_empty(), "it is said: {look:?}");
    }
}
