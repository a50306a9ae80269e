//! What can go wrong with a virtual camera, said so that the user knows what to do.

use std::io;
use std::path::PathBuf;

use super::INSTALL;
use crate::runtime::WorkerError;

/// Why there is no virtual camera, or why it has ended.
#[derive(Debug, thiserror::Error)]
pub enum VirtualCameraError {
    /// Built without, or for a system that has none.
    #[error("this build of Retrato has no virtual camera: it needs Linux and the feature `camera`; other programs can capture the window")]
    NoSupport,
    /// No loopback device is on this machine.
    #[error("there is no virtual camera device yet. Make one with `{INSTALL}`, then switch it on again")]
    NoDevice,
    /// The device that was asked for is not there.
    #[error("there is no device {}: `retrato doctor` lists the virtual cameras of this machine", path.display())]
    NotFound {
        /// The device.
        path: PathBuf,
    },
    /// The user may not use the device.
    #[error("you may not open {}: run `sudo usermod -aG video $USER`, then log in again", path.display())]
    NoPermission {
        /// The device.
        path: PathBuf,
    },
    /// Another program sends pictures to it.
    #[error("another program is sending pictures to {}: close that program, or make a second device", path.display())]
    Busy {
        /// The device.
        path: PathBuf,
    },
    /// The module keeps it for a writer that has gone.
    #[error(
        "{} takes no pictures since a program that sent some has gone, as version 0.12 of v4l2loopback does it: load it again with `sudo modprobe -r \
         v4l2loopback && sudo modprobe v4l2loopback exclusive_caps=1 card_label=\"Retrato\"`",
        path.display()
    )]
    Stuck {
        /// The device.
        path: PathBuf,
    },
    /// It is a file, a webcam, or something else that takes no pictures.
    #[error("{} takes no pictures, so it cannot be a virtual camera: `retrato doctor` lists those of this machine", path.display())]
    NotAnOutput {
        /// The device.
        path: PathBuf,
    },
    /// The device insists on a format that we do not make.
    #[error("{} insists on {insists_on}: close the programs that read it, then switch it on again", path.display())]
    Format {
        /// The device.
        path: PathBuf,
        /// Its format.
        insists_on: String,
    },
    /// The device refuses, for a reason of its own.
    #[error("{} cannot be used: {cause}", path.display())]
    Refused {
        /// The device.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The device took pictures, and takes none any more.
    #[error("the virtual camera {name} is gone ({cause}): load v4l2loopback again if it was unloaded, then switch it on again")]
    Lost {
        /// The device's label.
        name: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Its thread could not be started or failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}
