//! Stands in for loopback devices where there are none: on other systems than Linux, and in a build without the feature `camera`.

use std::io;
use std::path::Path;

use super::camera::Output;
use super::{LoopbackDevice, VirtualCameraError, VirtualCameraOptions};

/// The loopback devices of this machine: none are supported.
///
/// # Errors
/// Always [`VirtualCameraError::NoSupport`].
pub fn loopback_devices() -> Result<Vec<LoopbackDevice>, VirtualCameraError> {
    Err(VirtualCameraError::NoSupport)
}

/// The device that was asked for: none are supported.
///
/// # Errors
/// Always [`VirtualCameraError::NoSupport`].
pub fn find_loopback(_wanted: Option<&Path>) -> Result<LoopbackDevice, VirtualCameraError> {
    Err(VirtualCameraError::NoSupport)
}

/// An open device, of which this build has none: there is no value of this type.
pub(super) enum OpenDevice {}

impl OpenDevice {
    /// Always says that there is no support.
    pub(super) fn open(_options: &VirtualCameraOptions) -> Result<Self, VirtualCameraError> {
        Err(VirtualCameraError::NoSupport)
    }
}

impl Output for OpenDevice {
    fn device(&self) -> &LoopbackDevice {
        match *self {}
    }

    fn size(&self) -> [u32; 2] {
        match *self {}
    }

    fn write(&mut self, _frame: &[u8]) -> io::Result<()> {
        match *self {}
    }
}
