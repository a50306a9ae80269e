//! Which generator moves the portrait, and what happens when it cannot be had.

use std::path::PathBuf;

use super::{Generator, HeadTurn, LandmarkWarp, MotionWarp, Painter, PartMaker, PlateMaker};
use crate::model::{self, FewShotNets, MatteNet, ModelError};

/// Files of weights, each instead of the program's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightFiles {
    /// Of the motion net, which says where every pixel comes from.
    pub motion: Option<PathBuf>,
    /// Of the matte net, which finds the head, so that what stands behind it can be filled in.
    pub matte: Option<PathBuf>,
    /// Of the few-shot networks, which paint what a warp cannot show.
    pub few_shot: Option<PathBuf>,
    /// Of the networks of eyes and mouth.
    pub parts: Option<PathBuf>,
}

/// Which generator moves the portrait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneratorChoice {
    /// The head in 3D, with its own pixels; the few-shot generator where the portrait or its driver has no mesh.
    Head(WeightFiles),
    /// The motion net, with what it cannot show painted by the few-shot networks.
    FewShot(WeightFiles),
    /// The motion net alone.
    MotionNet(WeightFiles),
    /// The closed form, which needs no weights.
    LandmarkWarp,
}

impl Default for GeneratorChoice {
    fn default() -> Self {
        Self::Head(WeightFiles::default())
    }
}

/// Starts the chosen generator. When weights are missing or damaged what can be had without them takes its place, and the second value says so to the user.
pub fn start(choice: &GeneratorChoice) -> (Box<dyn Generator>, Option<String>) {
    if let GeneratorChoice::Head(files) = choice {
        let (fallback, trouble) = start(&GeneratorChoice::FewShot(files.clone()));
        // Without plates the other generator says what is missing.
        let Ok(plates) = plate_maker(files) else { return (fallback, trouble) };
        let (parts, missing) = match part_maker(files) {
            Ok(parts) => (Some(parts), None),
            Err(error) => {
                let words = format!("The networks of eyes and mouth cannot be used: {error}. They are drawn without them, less well.");
                (None, Some(words))
            }
        };
        let trouble: Vec<String> = trouble.into_iter().chain(missing).collect();
        return (Box::new(HeadTurn::new(plates, parts, fallback)), (!trouble.is_empty()).then(|| trouble.join(" ")));
    }
    let (files, painted) = match choice {
        GeneratorChoice::Head(files) | GeneratorChoice::FewShot(files) => (files, true),
        GeneratorChoice::MotionNet(files) => (files, false),
        GeneratorChoice::LandmarkWarp => return (Box::new(LandmarkWarp::new()), None),
    };
    let mut warp = match motion_warp(files) {
        Ok(warp) => warp,
        Err(error) => {
            let message = format!("The motion net cannot be used: {error}. The portrait is moved without it, less well.");
            return (Box::new(LandmarkWarp::new()), Some(message));
        }
    };
    let mut trouble = Vec::new();
    match plate_maker(files) {
        Ok(plates) => warp = warp.with_plates_by(plates),
        Err(error) => trouble.push(format!("The matte net cannot be used: {error}. What stands behind the head is not filled in.")),
    }
    if painted {
        match model::load(files.few_shot.as_deref()) {
            Ok(nets) => warp = warp.painted_by(Painter::new(nets)),
            Err(error) => {
                trouble.push(format!("The few-shot generator cannot be used: {error}. The portrait is moved without it, less well."));
            }
        }
    }
    (Box::new(warp), (!trouble.is_empty()).then(|| trouble.join(" ")))
}

fn plate_maker(files: &WeightFiles) -> Result<PlateMaker, ModelError> {
    let file = files.matte.as_deref();
    Ok(PlateMaker::new(model::load(file)?, model::identity::<MatteNet>(file)?))
}

fn part_maker(files: &WeightFiles) -> Result<PartMaker, ModelError> {
    let few_shot = model::load::<FewShotNets>(files.few_shot.as_deref())?;
    Ok(PartMaker::new(model::load(files.parts.as_deref())?, few_shot.embedder))
}

fn motion_warp(files: &WeightFiles) -> Result<MotionWarp, String> {
    let net = model::load(files.motion.as_deref()).map_err(|error| error.to_string())?;
    MotionWarp::new(&net).map_err(|error| error.to_string())
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
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let [motion, matte, few_shot] = [0, 1, 2].map(|broken| {
                let of = |part: usize| (part == broken).then(|| path.clone());
                start(&GeneratorChoice::FewShot(WeightFiles { motion: of(0), matte: of(1), few_shot: of(2), parts: None }))
            });
            for (got, expected) in [(motion, "landmark-warp"), (matte, "few-shot"), (few_shot, "motion-net")] {
                assert_eq!(got.0.name(), expected, "what is left without {name}");
                assert!(got.1.is_some_and(|message| message.contains(&name)), "the message names {name}");
            }
            let (head, message) = start(&GeneratorChoice::Head(WeightFiles { parts: Some(path), ..WeightFiles::default() }));
            assert_eq!(head.name(), "head-3d", "heads turn without networks");
            assert!(message.is_some_and(|message| message.contains(&name)), "the message names {name}");
        }
        Ok(())
    }

    #[test]
    fn the_programs_own_weights_are_in_order() {
        let files = WeightFiles::default();
        for (choice, name) in [
            (GeneratorChoice::default(), "head-3d"),
            (GeneratorChoice::FewShot(files.clone()), "few-shot"),
            (GeneratorChoice::MotionNet(files), "motion-net"),
            (GeneratorChoice::LandmarkWarp, "landmark-warp"),
        ] {
            let (generator, trouble) = start(&choice);
            assert_eq!((generator.name(), trouble), (name, None), "{choice:?}");
        }
    }

    /// A well-formed file with one weight that no network has.
    fn safetensors_of_another_network() -> Vec<u8> {
        let header = br#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  "#;
        [&(header.len() as u64).to_le_bytes()[..], header, &1.0_f32.to_le_bytes()].concat()
    }
}
