//! By what the program's own virtual camera is told from real ones, on both sides: where it is written to, and where cameras are offered.

/// Driver name of the Linux module v4l2loopback, whose devices turn pictures of one program into a camera for others.
pub const LOOPBACK_DRIVER: &str = "v4l2 loopback";

/// How the label of a loopback device begins that is this program's own: preferred as virtual camera, and never offered as a webcam.
pub const OWN_CAMERA_LABEL: &str = "Retrato";
