//! The virtual camera: the living portrait as a camera that other programs can choose, on Linux with the module v4l2loopback.
//!
//! [`VirtualCamera`] owns a thread that opens the device, brings the newest picture into the device's size and format, and writes it. While
//! nothing new comes the last picture is written again, so that programs which read do not stall. Whoever hands pictures over never waits.

mod camera;
#[cfg_attr(not(all(feature = "camera", target_os = "linux")), path = "device_absent.rs")]
mod device;
mod error;
mod frame;

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
    /// Whether it takes pictures.
    pub state: LoopbackState,
}

/// Whether a loopback device takes pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoopbackState {
    /// It does.
    Free,
    /// It does, and claims to be a camera even while nobody sends: Chrome and others then do not list it.
    AlwaysCamera,
    /// Another program, or this one, sends pictures to it.
    Taken,
    /// It will not until the module is loaded again: what version 0.12 makes of a device when a program that sent to it has gone.
    Stuck,
}

impl std::fmt::Display for LoopbackDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let about = match self.state {
            LoopbackState::Free => "",
            LoopbackState::AlwaysCamera => ", made without exclusive_caps=1: browsers may not list it",
            LoopbackState::Taken => ", in use",
            LoopbackState::Stuck => ", takes nothing until v4l2loopback is loaded again",
        };
        write!(f, "{} ({}){about}", self.name, self.path.display())
    }
}

/// The free device that suits best.
#[cfg_attr(not(any(test, all(feature = "camera", target_os = "linux"))), expect(dead_code, reason = "for systems with loopback devices"))]
fn best(mut devices: Vec<LoopbackDevice>) -> Result<LoopbackDevice, VirtualCameraError> {
    let own = |device: &LoopbackDevice| device.name.starts_with(crate::data::OWN_CAMERA_LABEL);
    devices.sort_by_key(|device| (device.state.max(LoopbackState::AlwaysCamera), !own(device)));
    usable(devices.into_iter().next().ok_or(VirtualCameraError::NoDevice)?)
}

/// A device that takes pictures, or why it does not.
fn usable(device: LoopbackDevice) -> Result<LoopbackDevice, VirtualCameraError> {
    match device.state {
        LoopbackState::Free | LoopbackState::AlwaysCamera => Ok(device),
        LoopbackState::Taken => Err(VirtualCameraError::Busy { path: device.path }),
        LoopbackState::Stuck => Err(VirtualCameraError::Stuck { path: device.path }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u32, name: &str, state: LoopbackState) -> LoopbackDevice {
        LoopbackDevice { path: format!("/dev/video{number}").into(), name: name.to_owned(), state }
    }

    #[test]
    fn a_free_device_of_our_own_comes_first() {
        use LoopbackState::{AlwaysCamera, Free, Stuck, Taken};
        let all = [device(1, "Other", Stuck), device(5, "Retrato", Taken), device(2, "OBS", Free), device(7, "Retrato 2", AlwaysCamera)];
        let chosen = |devices: &[LoopbackDevice]| best(devices.to_vec()).map(|device| device.name).map_err(|error| error.to_string());
        assert_eq!(chosen(&all), Ok("Retrato 2".to_owned()), "ours, and free");
        assert_eq!(chosen(&all[..3]), Ok("OBS".to_owned()), "free comes before ours");
        let busy = chosen(&all[..2]).expect_err("taken");
        assert!(busy.contains("/dev/video5") && busy.contains("another program"), "says which and why: {busy}");
        let stuck = chosen(&all[..1]).expect_err("stuck");
        assert!(stuck.contains("/dev/video1") && stuck.contains("sudo modprobe -r v4l2loopback"), "says what to do: {stuck}");
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
        let said = |state| device(3, "Retrato", state).to_string();
        assert_eq!(said(LoopbackState::Free), "Retrato (/dev/video3)", "nothing");
        assert!(said(LoopbackState::Taken).ends_with("in use"), "taken");
        assert!(said(LoopbackState::AlwaysCamera).contains("exclusive_caps=1"), "what to load it with");
        assert!(said(LoopbackState::Stuck).contains("loaded again"), "what to do");
    }
}
