//! What a user can want. Panels return these; only the application acts on them.

use std::path::PathBuf;

use super::films::FilmAction;
use crate::data::{Background, PixelBox};
use crate::session::{DriverChoice, Framing, Panes, PlayRequest};
use crate::settings::{Controls, Countdown, ExecutorChoice, LanguageChoice, Motion};

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be animated.
    Portrait,
    /// To drive.
    Driver,
    /// To be another picture of the portrait's person.
    FurtherPicture,
}

/// Something the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Show a file dialog.
    Browse(Purpose),
    /// Take a picture or a path from the clipboard.
    Paste,
    /// Open files, each for what it is.
    OpenFiles(Vec<PathBuf>),
    /// Open a portrait of the gallery.
    OpenFromGallery(usize),
    /// Open it and ask again where the face is.
    ChooseFaceAgain(usize),
    /// Let a portrait of the gallery stay at the front, or not any more.
    SetFavourite(usize, bool),
    /// Take a portrait off the gallery.
    RemoveFromGallery(usize),
    /// Put the portrait back that was taken off last.
    PutBack,
    /// Make the portrait from these pictures of its person, too.
    AddPictures(Vec<PathBuf>),
    /// Do without one of the further pictures.
    RemovePicture(usize),
    /// Go back to the portrait before, with the present one as another picture of the same person.
    JoinBefore,
    /// Learn the person's pictures.
    FineTune,
    /// Cancel that.
    StopFineTuning,
    /// Delete what was learnt.
    UndoFineTuning,
    /// Let something else drive the portrait.
    UseDriver(DriverChoice),
    /// Look for cameras again.
    RefreshDevices,
    /// Look at all cameras, or no more.
    LookAtCameras(bool),
    /// Speak another language.
    UseLanguage(LanguageChoice),
    /// Find out which languages can be shown.
    LookForFonts,
    /// Change how the portrait follows.
    SetControls(Controls),
    /// Move the portrait like this.
    UseMotion(Motion),
    /// Keep the present motion under a name.
    SavePreset(String),
    /// Do without the preset of that name.
    RemovePreset(String),
    /// Take the last change of the motion back.
    UndoMotion,
    /// Make it again.
    RedoMotion,
    /// Make the pictures elsewhere.
    UseExecutor(ExecutorChoice),
    /// Take the present face as neutral.
    Calibrate,
    /// Take the driver's present picture as neutral.
    CalibrateHere,
    /// Play the clip or the performance that drives in another way.
    Play(PlayRequest),
    /// Show and record this part of the picture.
    Frame(Framing),
    /// Show the portrait before this background.
    SetBackground(Background),
    /// The key that shows the original is held, or not any more.
    HoldOriginal(bool),
    /// Something about recordings, snapshots and the virtual camera.
    Record(RecordAction),
    /// Something that only changes what is shown.
    View(ViewAction),
    /// Something about a recording that is made already.
    Film(FilmAction),
    /// Go on with the marked face.
    UseFace,
    /// Go on with the drawn box.
    PlaceFace,
    /// Put the question about the face away.
    DropQuestion,
    /// Put a text into the clipboard.
    CopyText(String),
    /// Enter or leave full screen.
    ToggleFullScreen,
    /// Close whatever lies on top.
    CloseOverlay,
    /// Open what the path field says.
    ConfirmPath,
    /// Make the interrupted recordings playable.
    Recover,
}

/// What can be wanted of recordings, snapshots and the virtual camera.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordAction {
    /// Start or stop recording.
    ToggleRecording,
    /// Record three seconds that are shown forth and back, or stop.
    Boomerang,
    /// What recordings show beside the living portrait.
    SetPanes(Panes),
    /// Whether recordings and snapshots show a mark.
    SetMark(bool),
    /// When recordings are counted down.
    SetCountdown(Countdown),
    /// Keep the present picture.
    Snapshot,
    /// Record with or without sound.
    SetSound(bool),
    /// Choose a microphone; `None` is the system's default.
    SetMicrophone(Option<String>),
    /// Let other programs see the portrait as a camera, or not.
    SetVirtualCamera(bool),
    /// Show the last recording in the file manager.
    ShowInFolder,
    /// Copy the last recording's path.
    CopyPath,
}

/// What changes only what the window shows.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewAction {
    /// Show or hide the sheet with all portraits.
    ToggleGallery,
    /// Open or close the window that shows the portrait alone.
    ToggleOutput,
    /// Mark one of the faces that were found.
    SelectFace(usize),
    /// None of them is right: draw a box.
    DrawFaceInstead,
    /// The box around the face, in pixels of the picture, while it is being drawn.
    DrawFaceBox(PixelBox),
    /// Show or hide the side panel.
    TogglePanel,
    /// Show or hide the camera inset.
    ToggleInset,
    /// Show or hide the help.
    ToggleHelp,
    /// Show or hide what the program is.
    ToggleAbout,
    /// Show or hide what is seldom needed.
    ToggleMore,
    /// Text of the path field.
    EditPath(String),
    /// Leave the interrupted recordings where they are.
    KeepForLater,
    /// Put a toast away.
    DismissToast(u64),
}
