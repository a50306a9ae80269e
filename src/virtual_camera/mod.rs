//! The virtual camera: the living portrait as a camera that other programs can choose, on Linux with the module v4l2loopback.
//!
//! [`VirtualCamera`] owns a thread that opens the device, brings the newest picture into the device's size and format, and writes it. While
//! nothing new comes the last picture is written again, so that programs which read do not stall. Whoever hands pictures over never waits.

mod camera;
#[cfg_attr(not(all(feature = "camera", target_os = "linux")), path = "device_absent.rs")]
mod device;
mod error;
mod frame;
mod yuyv;

use std::path::PathBuf;

pub use camera::{PendingPicture, VirtualCamera, VirtualCameraPhase, VirtualCameraStatus, VirtualCameraWatch};
pub use device::{find_loopback, loopback_devices};
pub use error::VirtualCameraError;

/// The commands that give a machine with Debian or Ubuntu a virtual camera. Browsers list it only with `exclusive_caps`.
pub const INSTALL: &str = "sudo apt install v4l2loopback-dkms && sudo modprobe v4l2loopback exclusive_caps=1 card_label=\"Retrato\"";

/// How the pictures go out. Programs that read a camera do not like it to change, so this holds from start to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualCameraOptions {
    /// The device, such as `/dev/video9`; `None` takes the first free loopback device, one labelled Retrato before others.
    pub device: Option<PathBuf>,
    /// Width and height in pixels, unless a program that reads the device already holds it to another size. The width is even.
    pub size: [u32; 2],
    /// Pictures per second.
    pub frames_per_sec: u32,
}

impl Default for VirtualCameraOptions {
    /// What video calls ask of a camera: 1280 x 720, 30 per second.
    fn default() -> Self {
        Self { device: None, size: [1280, 720], frames_per_sec: 30 }
    }
}

/// A loopback device: what is written to it, other programs see as a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopbackDevice {
    /// Where it is.
    pub path: PathBuf,
    /// What other programs call it.
    pub name: String,
    /// Whether another program, or this one, sends pictures to it.
    pub is_taken: bool,
    /// Whether it claims to be a camera even while nobody sends: Chrome and others then do not list it.
    pub is_always_a_camera: bool,
}

impl std::fmt::Display for LoopbackDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let about = match (self.is_taken, self.is_always_a_camera) {
            (true, _) => ", in use",
            (false, true) => ", made without exclusive_caps=1: browsers may not list it",
            (false, false) => "",
        };
        write!(f, "{} ({}){about}", self.name, self.path.display())
    }
}

/// The free device that suits best.
#[cfg_attr(not(any(test, all(feature = "camera", target_os = "linux"))), expect(dead_code, reason = "for systems with loopback devices"))]
fn best(mut devices: Vec<LoopbackDevice>) -> Result<LoopbackDevice, VirtualCameraError> {
    let own = |device: &LoopbackDevice| device.name.starts_with(crate::data::OWN_CAMERA_LABEL);
    devices.sort_by_key(|device| (device.is_taken, !own(device)));
    match devices.into_iter().next() {
        None => Err(VirtualCameraError::NoDevice),
        Some(LoopbackDevice { path, is_taken: true, .. }) => Err(VirtualCameraError::Busy { path }),
        Some(device) => Ok(device),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u32, name: &str, is_taken: bool) -> LoopbackDevice {
        LoopbackDevice { path: format!("/dev/video{number}").into(), name: name.to_owned(), is_taken, is_always_a_camera: false }
    }

    #[test]
    fn a_free_device_of_our_own_comes_first() {
        let all = vec![device(2, "OBS", false), device(5, "Retrato", true), device(7, "Retrato 2", false)];
        let chosen = |devices: &[LoopbackDevice]| best(devices.to_vec()).map(|device| device.name).map_err(|error| error.to_string());
        assert_eq!(chosen(&all), Ok("Retrato 2".to_owned()), "ours, and free");
        assert_eq!(chosen(&all[..2]), Ok("OBS".to_owned()), "free comes before ours");
        let busy = chosen(&all[1..2]).expect_err("taken");
        assert!(busy.contains("/dev/video5") && busy.contains("another program"), "says which and why: {busy}");
    }

    #[test]
    fn without_a_device_the_commands_are_named() {
        let said = best(Vec::new()).expect_err("no device").to_string();
        for word in ["sudo apt install v4l2loopback-dkms", "sudo modprobe v4l2loopback exclusive_caps=1 card_label=\"Retrato\""] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn a_device_is_described_with_what_is_wrong_with_it() {
        assert_eq!(device(3, "Retrato", false).to_string(), "Retrato (/dev/video3)", "nothing");
        assert!(device(3, "Retrato", true).to_string().ends_with("in use"), "taken");
        let always = LoopbackDevice { is_always_a_camera: true, ..device(3, "Dummy", false) };
        assert!(always.to_string().contains("exclusive_caps=1"), "says what to load it with: {always}");
    }
}
