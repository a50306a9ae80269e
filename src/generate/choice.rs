//! Which generator moves the portrait, and what happens when it cannot be had.

use std::path::PathBuf;

use super::{Generator, LandmarkWarp, MotionWarp, Painter};
use crate::model;

/// Which generator moves the portrait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneratorChoice {
    /// The motion net, with the program's own weights or those of a file.
    MotionNet {
        /// A safetensors file; `None` for the shipped weights.
        weights: Option<PathBuf>,
        /// The few-shot networks' weights, which paint what a warp cannot show; `None` to do without.
        few_shot: Option<PathBuf>,
    },
    /// The closed form, which needs no weights.
    LandmarkWarp,
}

impl Default for GeneratorChoice {
    fn default() -> Self {
        Self::MotionNet { weights: None, few_shot: None }
    }
}

/// Starts the chosen generator. When its weights are missing or damaged the closed form takes its place, and the second value says so to the user.
pub fn start(choice: &GeneratorChoice) -> (Box<dyn Generator>, Option<String>) {
    let GeneratorChoice::MotionNet { weights, few_shot } = choice else { return (Box::new(LandmarkWarp::new()), None) };
    let net = match weights {
        Some(path) => model::motion_from_file(path),
        None => model::shipped_motion(),
    };
    let warp = match net {
        Ok(net) => MotionWarp::new(net),
        Err(error) => {
            let message = format!("The motion net cannot be used: {error}. The portrait is moved without it, less well.");
            return (Box::new(LandmarkWarp::new()), Some(message));
        }
    };
    match few_shot.as_deref().map(model::few_shot_from_file) {
        None => (Box::new(warp), None),
        Some(Ok(nets)) => (Box::new(warp.painted_by(Painter::new(nets))), None),
        Some(Err(error)) => {
            let message = format!("The few-shot generator cannot be used: {error}. The portrait is moved without it, less well.");
            (Box::new(warp), Some(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_damaged_weights_fall_back_with_a_message() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).map(|()| folder.path().join(name));
        let huge_header = [&u64::MAX.to_le_bytes()[..], &[b'{'; 64]].concat();
        let paths = [
            folder.path().join("missing.safetensors"),
            file("empty.safetensors", b"")?,
            file("text.safetensors", b"these are no weights at all")?,
            file("header.safetensors", &huge_header)?,
            file("other.safetensors", &safetensors_of_another_network())?,
        ];
        for path in paths {
            let (generator, message) = start(&GeneratorChoice::MotionNet { weights: Some(path.clone()), few_shot: None });
            assert_eq!(generator.name(), "landmark-warp", "{}", path.display());
            let message = message.unwrap_or_default();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            assert!(message.contains(&name), "the message names the file: {message}");
            let (generator, message) = start(&GeneratorChoice::MotionNet { weights: None, few_shot: Some(path.clone()) });
            assert_eq!(generator.name(), "motion-net", "without the painter of {}", path.display());
            assert!(message.is_some_and(|m| m.contains(&name)), "and that is said");
        }
        Ok(())
    }

    /// A well-formed file with one weight that the motion net does not have.
    fn safetensors_of_another_network() -> Vec<u8> {
        let header = br#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  "#;
        [&(header.len() as u64).to_le_bytes()[..], header, &1.0_f32.to_le_bytes()].concat()
    }
}
