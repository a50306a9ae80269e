//! What can go wrong when the model file is loaded or a picture is handed over.

use std::path::PathBuf;

use thiserror::Error;

/// Why the face reader could not be loaded, or could not take a picture.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// The file could not be read at all.
    #[error("the face model cannot be read; run `make reader-model` to fetch it ({}: {source})", path.display())]
    File {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any face model.
    #[error("the face model is damaged or another file: {bytes} bytes are more than the {limit} it may have; run `make reader-model` again ({})", path.display())]
    TooLarge {
        /// The file that was asked for.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size that is read.
        limit: u64,
    },
    /// The bundle (a zip file) is damaged, or another file.
    #[error("the face model is damaged or another file: {0}; run `make reader-model` again")]
    Bundle(#[from] BundleError),
    /// A network in the bundle is damaged, or of a kind that is not supported.
    #[error("the network {name} in the face model cannot be used: {source}; run `make reader-model` again")]
    Network {
        /// The member of the bundle.
        name: &'static str,
        /// What is the matter with it.
        source: TfliteError,
    },
    /// The description of the canonical face is damaged.
    #[error("the face geometry in the face model cannot be used: {0}; run `make reader-model` again")]
    Geometry(#[from] GeometryError),
    /// The pixels do not fill the picture.
    #[error("a picture of {width} x {height} pixels needs three bytes of RGB for each, not {bytes} bytes")]
    Picture {
        /// Pixels along a row.
        width: usize,
        /// Rows.
        height: usize,
        /// Bytes that were handed over.
        bytes: usize,
    },
}

/// What is the matter with a zip file.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// There is no end record.
    #[error("it is not a zip file, or its end is missing")]
    NoDirectory,
    /// A record reaches beyond the end of the file.
    #[error("it ends at byte {0}, in the middle of a record")]
    Truncated(usize),
    /// A record does not begin with its signature.
    #[error("byte {0} does not begin a record")]
    Signature(usize),
    /// More members than any bundle has.
    #[error("it lists {0} members, more than any face model has")]
    Members(usize),
    /// A member that is compressed or encrypted.
    #[error("a member is compressed or encrypted")]
    Compressed,
    /// A member's bytes are not those that were stored.
    #[error("the bytes of a member do not have the check sum noted for them")]
    CheckSum,
    /// A member that is needed is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
}

/// What is the matter with a TFLite network.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TfliteError {
    /// Not a TFLite file.
    #[error("it is not a TFLite file")]
    NotTflite,
    /// A reference leads beyond the end of the file.
    #[error("a reference leads to byte {0}, beyond the end")]
    Truncated(usize),
    /// A part that every network has is missing.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// More of something than is accepted.
    #[error("it has {count} {what}, more than the {limit} that are accepted")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// An operator, or a form of one, that is not implemented.
    #[error("operator {operator} (code {code}) is not supported: {why}")]
    Unsupported {
        /// The operator's place in the file.
        operator: usize,
        /// TFLite's code for its kind.
        code: i32,
        /// What is not supported.
        why: &'static str,
    },
    /// Sizes or values that contradict each other.
    #[error("operator {operator} contradicts its tensors: {why}")]
    Inconsistent {
        /// The operator's place in the file.
        operator: usize,
        /// What contradicts what.
        why: &'static str,
    },
    /// Inputs or outputs that are not those of the network that was expected.
    #[error("its inputs or outputs do not have the sizes of this network")]
    OtherNetwork,
}

/// What is the matter with the canonical face.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeometryError {
    /// The message ends too early or has a field of an unknown kind.
    #[error("the message is damaged at byte {0}")]
    Damaged(usize),
    /// A number of vertices, triangles or weights that does not fit the landmarks.
    #[error("it has {0} where the landmarks need another number")]
    Count(&'static str),
}
