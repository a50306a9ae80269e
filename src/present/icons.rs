//! The window's own line icons, on a grid of 24 by 24 units.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, epaint::PathShape, pos2, vec2};

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    /// A folder.
    Open,
    /// A clipboard.
    Paste,
    /// A circling arrow.
    Refresh,
    /// A photo camera.
    Snapshot,
    /// A microphone.
    Mic,
    /// A microphone, struck through.
    MicOff,
    /// A target.
    Calibrate,
    /// A question mark.
    Help,
    /// A window with a side panel.
    Panel,
    /// A small picture in a big one.
    Inset,
    /// A cross.
    Close,
    /// A tick.
    Check,
    /// An exclamation mark.
    Alert,
    /// The letter i.
    Info,
    /// Two sheets.
    Copy,
    /// A plus sign.
    Add,
    /// A picture in its frame.
    Picture,
    /// A star that sparkles.
    FineTune,
    /// An arrow that turns back.
    Undo,
    /// An arrow that turns forward.
    Redo,
    /// A tick upwards: something opens above.
    Menu,
    /// A triangle to the right.
    Play,
    /// Two bars.
    Pause,
    /// A piece of film.
    Film,
    /// Two marks with arrows between them: the ends of a part.
    Trim,
    /// An arrow into a tray.
    Save,
    /// A pencil.
    Rename,
    /// A bin.
    Trash,
    /// A loudspeaker.
    Sound,
    /// Arrows in a ring.
    Loop,
    /// Arrows there and back.
    Boomerang,
    /// A clock that runs down.
    Countdown,
    /// Four corners.
    Frame,
    /// Four squares.
    Grid,
    /// A star.
    Star,
    /// A tick to the right: something is folded away.
    Folded,
    /// A tick downwards: something is open below.
    Unfolded,
    /// Two heads.
    Faces,
    /// The globe.
    Globe,
}

/// One stroke of an icon.
enum Mark {
    /// A polyline.
    Line(&'static [(f32, f32)]),
    /// A closed polyline.
    Loop(&'static [(f32, f32)]),
    /// A circle: centre and radius.
    Ring(f32, f32, f32),
    /// A disc: centre and radius.
    Dot(f32, f32, f32),
    /// A rounded box: left, top, right, bottom.
    Box(f32, f32, f32, f32),
}

use Mark::{Box, Dot, Line, Loop, Ring};

impl Icon {
    fn marks(self) -> &'static [Mark] {
        match self {
            Self::Open => &[Loop(&[(3.0, 6.0), (9.0, 6.0), (11.5, 8.5), (21.0, 8.5), (21.0, 19.0), (3.0, 19.0)])],
            Self::Paste => &[Box(5.0, 5.0, 19.0, 21.0), Line(&[(9.0, 5.0), (9.0, 3.0), (15.0, 3.0), (15.0, 5.0)])],
            Self::Refresh => &[
                Line(&[(19.5, 12.0), (18.7, 15.4), (16.4, 18.0), (13.2, 19.4), (9.7, 19.1), (6.7, 17.3), (4.9, 14.4), (4.6, 11.0)]),
                Line(&[(4.6, 11.0), (5.8, 7.8), (8.4, 5.5), (11.7, 4.5), (15.1, 5.2), (17.8, 7.3), (19.0, 9.0)]),
                Line(&[(19.4, 4.5), (19.4, 9.3), (14.6, 9.3)]),
            ],
            Self::Snapshot => &[
                Loop(&[(3.0, 7.5), (7.5, 7.5), (9.0, 5.0), (15.0, 5.0), (16.5, 7.5), (21.0, 7.5), (21.0, 19.0), (3.0, 19.0)]),
                Ring(12.0, 13.0, 3.6),
            ],
            Self::Mic => MIC,
            Self::MicOff => &[Box(9.0, 3.0, 15.0, 14.0), MIC_CUP, MIC_STEM, Line(&[(4.0, 3.5), (20.0, 20.5)])],
            Self::Calibrate => &[
                Ring(12.0, 12.0, 6.0),
                Dot(12.0, 12.0, 1.4),
                Line(&[(12.0, 2.5), (12.0, 6.0)]),
                Line(&[(12.0, 18.0), (12.0, 21.5)]),
                Line(&[(2.5, 12.0), (6.0, 12.0)]),
                Line(&[(18.0, 12.0), (21.5, 12.0)]),
            ],
            Self::Help => &[
                Ring(12.0, 12.0, 9.0),
                Line(&[(9.4, 9.6), (10.0, 8.1), (11.4, 7.2), (13.2, 7.4), (14.4, 8.7), (14.4, 10.3), (12.0, 12.3), (12.0, 13.8)]),
                Dot(12.0, 16.6, 1.0),
            ],
            Self::Panel => &[Box(3.0, 4.5, 21.0, 19.5), Line(&[(14.5, 4.5), (14.5, 19.5)])],
            Self::Inset => &[Box(3.0, 4.5, 21.0, 19.5), Box(5.5, 12.0, 12.0, 17.0)],
            Self::Globe => &[
                Ring(12.0, 12.0, 9.0),
                Line(&[(3.0, 12.0), (21.0, 12.0)]),
                Line(&[(12.0, 3.0), (14.8, 5.7), (16.2, 9.0), (16.4, 12.0), (16.2, 15.0), (14.8, 18.3), (12.0, 21.0)]),
                Line(&[(12.0, 3.0), (9.2, 5.7), (7.8, 9.0), (7.6, 12.0), (7.8, 15.0), (9.2, 18.3), (12.0, 21.0)]),
            ],
            Self::Close => &[Line(&[(6.0, 6.0), (18.0, 18.0)]), Line(&[(18.0, 6.0), (6.0, 18.0)])],
            Self::Check => &[Line(&[(4.5, 12.5), (9.8, 17.8), (19.5, 7.0)])],
            Self::Alert => &[Ring(12.0, 12.0, 9.0), Line(&[(12.0, 7.2), (12.0, 13.2)]), Dot(12.0, 16.4, 1.1)],
            Self::Info => &[Ring(12.0, 12.0, 9.0), Line(&[(12.0, 11.2), (12.0, 16.8)]), Dot(12.0, 7.9, 1.1)],
            Self::Copy => &[Box(8.0, 8.0, 20.0, 20.0), Line(&[(5.5, 16.0), (4.0, 16.0), (4.0, 4.0), (16.0, 4.0), (16.0, 5.5)])],
            Self::Add => &[Line(&[(12.0, 5.0), (12.0, 19.0)]), Line(&[(5.0, 12.0), (19.0, 12.0)])],
            Self::Picture => &[
                Box(3.0, 3.0, 21.0, 21.0),
                Ring(12.0, 10.2, 3.2),
                Line(&[(5.8, 18.4), (6.8, 16.3), (9.0, 15.0), (12.0, 14.6), (15.0, 15.0), (17.2, 16.3), (18.2, 18.4)]),
            ],
            Self::FineTune => &[
                Loop(&[(10.5, 5.0), (12.3, 11.2), (18.5, 13.0), (12.3, 14.8), (10.5, 21.0), (8.7, 14.8), (2.5, 13.0), (8.7, 11.2)]),
                Line(&[(18.5, 2.5), (18.5, 7.5)]),
                Line(&[(16.0, 5.0), (21.0, 5.0)]),
            ],
            Self::Menu => &[Line(&[(4.0, 16.0), (12.0, 8.0), (20.0, 16.0)])],
            Self::Play
            | Self::Pause
            | Self::Film
            | Self::Trim
            | Self::Save
            | Self::Rename
            | Self::Trash
            | Self::Sound
            | Self::Loop
            | Self::Boomerang
            | Self::Countdown
            | Self::Frame => self.marks_of_films(),
            Self::Undo => &[
                Line(&[(8.5, 4.5), (4.0, 9.0), (8.5, 13.5)]),
                Line(&[(4.0, 9.0), (14.0, 9.0), (17.3, 10.2), (19.3, 12.4), (19.6, 15.4), (18.0, 18.0), (15.0, 19.5), (10.0, 19.5)]),
            ],
            Self::Redo => &[
                Line(&[(15.5, 4.5), (20.0, 9.0), (15.5, 13.5)]),
                Line(&[(20.0, 9.0), (10.0, 9.0), (6.7, 10.2), (4.7, 12.4), (4.4, 15.4), (6.0, 18.0), (9.0, 19.5), (14.0, 19.5)]),
            ],
            Self::Grid => &[Box(3.5, 3.5, 10.5, 10.5), Box(13.5, 3.5, 20.5, 10.5), Box(3.5, 13.5, 10.5, 20.5), Box(13.5, 13.5, 20.5, 20.5)],
            Self::Star => &[Loop(&[
                (12.0, 2.6),
                (14.7, 8.9),
                (21.5, 9.5),
                (16.4, 14.0),
                (17.9, 20.7),
                (12.0, 17.2),
                (6.1, 20.7),
                (7.6, 14.0),
                (2.5, 9.5),
                (9.3, 8.9),
            ])],
            Self::Folded => &[Line(&[(8.0, 4.0), (16.0, 12.0), (8.0, 20.0)])],
            Self::Unfolded => &[Line(&[(4.0, 8.0), (12.0, 16.0), (20.0, 8.0)])],
            Self::Faces => &[
                Ring(8.5, 9.0, 3.6),
                Line(&[(2.0, 19.5), (3.2, 16.2), (6.0, 14.8), (11.0, 14.8), (13.8, 16.2), (15.0, 19.5)]),
                Line(&[(14.5, 5.6), (16.6, 5.4), (18.6, 6.8), (19.2, 9.0), (18.4, 11.2), (16.4, 12.5)]),
                Line(&[(17.0, 15.0), (19.8, 16.0), (21.5, 19.0)]),
            ],
        }
    }

    /// What belongs to films and their making.
    fn marks_of_films(self) -> &'static [Mark] {
        match self {
            Self::Play => &[Loop(&[(7.0, 4.5), (19.0, 12.0), (7.0, 19.5)])],
            Self::Pause => &[Box(6.0, 5.0, 9.5, 19.0), Box(14.5, 5.0, 18.0, 19.0)],
            Self::Film => &[
                Box(3.0, 4.5, 21.0, 19.5),
                Line(&[(7.5, 4.5), (7.5, 19.5)]),
                Line(&[(16.5, 4.5), (16.5, 19.5)]),
                Line(&[(3.0, 9.5), (7.5, 9.5)]),
                Line(&[(3.0, 14.5), (7.5, 14.5)]),
                Line(&[(16.5, 9.5), (21.0, 9.5)]),
                Line(&[(16.5, 14.5), (21.0, 14.5)]),
            ],
            Self::Trim => &[
                Line(&[(4.0, 4.0), (4.0, 20.0)]),
                Line(&[(20.0, 4.0), (20.0, 20.0)]),
                Line(&[(7.5, 12.0), (16.5, 12.0)]),
                Line(&[(10.5, 9.0), (7.5, 12.0), (10.5, 15.0)]),
                Line(&[(13.5, 9.0), (16.5, 12.0), (13.5, 15.0)]),
            ],
            Self::Save => &[
                Line(&[(12.0, 3.5), (12.0, 14.5)]),
                Line(&[(7.5, 10.0), (12.0, 14.5), (16.5, 10.0)]),
                Line(&[(4.0, 15.0), (4.0, 20.0), (20.0, 20.0), (20.0, 15.0)]),
            ],
            Self::Rename => &[Loop(&[(4.0, 20.0), (5.0, 15.5), (16.5, 4.0), (20.0, 7.5), (8.5, 19.0)]), Line(&[(13.8, 6.7), (17.3, 10.2)])],
            Self::Trash => &[
                Line(&[(4.0, 6.5), (20.0, 6.5)]),
                Line(&[(9.0, 6.5), (9.0, 4.0), (15.0, 4.0), (15.0, 6.5)]),
                Line(&[(6.0, 6.5), (7.0, 20.5), (17.0, 20.5), (18.0, 6.5)]),
                Line(&[(10.3, 10.5), (10.3, 16.5)]),
                Line(&[(13.7, 10.5), (13.7, 16.5)]),
            ],
            Self::Sound => &[
                Loop(&[(3.5, 9.5), (7.5, 9.5), (12.0, 5.5), (12.0, 18.5), (7.5, 14.5), (3.5, 14.5)]),
                Line(&[(15.5, 9.0), (16.8, 12.0), (15.5, 15.0)]),
                Line(&[(18.3, 6.5), (20.3, 12.0), (18.3, 17.5)]),
            ],
            Self::Loop => &[
                Line(&[(5.0, 12.5), (5.0, 8.0), (18.0, 8.0)]),
                Line(&[(15.0, 5.0), (18.0, 8.0), (15.0, 11.0)]),
                Line(&[(19.0, 11.5), (19.0, 16.0), (6.0, 16.0)]),
                Line(&[(9.0, 13.0), (6.0, 16.0), (9.0, 19.0)]),
            ],
            Self::Boomerang => &[
                Line(&[(3.5, 9.0), (20.0, 9.0)]),
                Line(&[(16.0, 5.0), (20.0, 9.0), (16.0, 13.0)]),
                Line(&[(20.5, 16.0), (4.0, 16.0)]),
                Line(&[(8.0, 12.0), (4.0, 16.0), (8.0, 20.0)]),
            ],
            Self::Countdown => &[
                Ring(12.0, 13.5, 7.5),
                Line(&[(9.5, 3.0), (14.5, 3.0)]),
                Line(&[(12.0, 3.0), (12.0, 6.0)]),
                Line(&[(12.0, 13.5), (12.0, 9.0)]),
                Line(&[(12.0, 13.5), (15.0, 15.3)]),
            ],
            Self::Frame => &[
                Line(&[(3.5, 8.5), (3.5, 3.5), (8.5, 3.5)]),
                Line(&[(15.5, 3.5), (20.5, 3.5), (20.5, 8.5)]),
                Line(&[(20.5, 15.5), (20.5, 20.5), (15.5, 20.5)]),
                Line(&[(8.5, 20.5), (3.5, 20.5), (3.5, 15.5)]),
            ],
            _ => &[],
        }
    }
}

const MIC: &[Mark] = &[Box(9.0, 3.0, 15.0, 14.0), MIC_CUP, MIC_STEM];
const MIC_CUP: Mark = Line(&[(5.5, 11.5), (6.2, 14.6), (8.6, 16.9), (12.0, 17.6), (15.4, 16.9), (17.8, 14.6), (18.5, 11.5)]);
const MIC_STEM: Mark = Line(&[(12.0, 17.6), (12.0, 21.0)]);

/// Draws `icon` to fill the largest square in the middle of `rect`.
pub(super) fn paint(painter: &Painter, icon: Icon, rect: Rect, colour: Color32) {
    let side = rect.width().min(rect.height());
    let square = Rect::from_center_size(rect.center(), vec2(side, side));
    let unit = side / 24.0;
    let at = |x: f32, y: f32| pos2(square.left() + x * unit, square.top() + y * unit);
    let stroke = Stroke::new((1.7 * unit).max(1.1), colour);
    painter.extend(icon.marks().iter().map(|mark| shape(mark, &at, unit, stroke)));
}

fn shape(mark: &Mark, at: &impl Fn(f32, f32) -> Pos2, unit: f32, stroke: Stroke) -> Shape {
    let points = |list: &[(f32, f32)]| list.iter().map(|&(x, y)| at(x, y)).collect::<Vec<_>>();
    match *mark {
        Line(list) => Shape::Path(PathShape::line(points(list), stroke)),
        Loop(list) => Shape::Path(PathShape::closed_line(points(list), stroke)),
        Ring(x, y, radius) => Shape::circle_stroke(at(x, y), radius * unit, stroke),
        Dot(x, y, radius) => Shape::circle_filled(at(x, y), radius * unit, stroke.color),
        Box(left, top, right, bottom) => {
            let rect = Rect::from_min_max(at(left, top), at(right, bottom));
            Shape::rect_stroke(rect, 2.4 * unit, stroke, egui::StrokeKind::Middle)
        }
    }
}
