//! What people have and do: pipes and devices in place of files, outputs that are inputs, stills as drivers, formats that are not read, a reader that leaves.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use test_needs::needs;

use super::program::Place;

const LADY_JPEG: &[u8] = include_bytes!("../../assets/portraits/lady.jpg");

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_neither_read_nor_replaced() {
    let place = Place::new();
    place.file("face.jpg", LADY_JPEG);
    let pipe = place.path("pipe.mp4");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR, 0)
        .expect("a named pipe");
    std::os::unix::fs::symlink(&pipe, place.path("link.gif")).expect("a link");
    let names = || {
        let mut names: Vec<_> = fs::read_dir(place.path("")).expect("listed").flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let refuses = |arguments: &str, words: &[&str]| {
        let ended = place.say(arguments);
        assert_eq!(ended.status.code(), Some(1), "{arguments}: {}", ended.stderr);
        assert!(words.iter().all(|word| ended.stderr.contains(word)), "{arguments} says {words:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("missing"), "{arguments}: {}", ended.stderr);
    };
    for input in ["pipe.mp4", "/dev/null", "/dev/zero"] {
        refuses(&format!("animate {input} --driver talk --output out.gif"), &["a device, a pipe", "give the path of a picture"]);
        refuses(&format!("animate garden --also {input} --driver talk --output out.gif"), &["a device, a pipe"]);
        refuses(&format!("animate garden --driver {input} --output out.gif"), &["a device or a pipe", "give a video"]);
        refuses(&format!("track {input} --output out.jsonl"), &["a device or a pipe"]);
    }
    refuses("animate - --driver talk --output out.gif", &["standard input", "save the picture to a file"]);
    refuses("animate garden --driver - --output out.gif", &["standard input", "save it to a file"]);
    for output in ["/dev/null", "/dev/zero --overwrite", "pipe.mp4", "pipe.mp4 --overwrite", "link.gif --overwrite"] {
        refuses(&format!("animate garden --driver talk --output {output}"), &["is a device, a pipe or a socket", ".mp4 or .gif"]);
    }
    refuses("animate garden --driver talk --output -", &["standard output", ".mp4 or .gif"]);
    refuses("animate garden --driver talk --output /", &["/ is a folder", "a file name inside it"]);
    refuses("animate garden --driver talk --output / --overwrite", &["/ is a folder"]);
    for output in ["/dev/null --overwrite", "pipe.mp4 --overwrite"] {
        refuses(&format!("track face.jpg --output {output}"), &["is a device, a pipe or a socket", "the name of a file"]);
    }
    refuses("track face.jpg --output -", &["standard output"]);
    assert_eq!(names(), before, "nothing was made or replaced");
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&fs::metadata(&pipe).expect("there").file_type()), "the pipe is one");
    assert!(!std::path::Path::new("/dev/null (2)").exists(), "no folder beside the device");
}

#[test]
fn an_output_that_is_an_input_is_refused_under_every_name() {
    let place = Place::new();
    place.file("clip.gif", LADY_JPEG);
    place.file("face.jpg", LADY_JPEG);
    fs::hard_link(place.path("clip.gif"), place.path("hard.gif")).expect("a hard link");
    #[cfg(unix)]
    std::os::unix::fs::symlink("clip.gif", place.path("soft.gif")).expect("a symbolic link");
    fs::create_dir(place.path("frames")).expect("a folder");
    place.file("frames/frame_000001.png", LADY_JPEG);
    let outputs: &[&str] = if cfg!(unix) { &["clip.gif", "hard.gif", "soft.gif", "./frames/../clip.gif"] } else { &["clip.gif"] };
    for output in outputs {
        for overwrite in ["", " --overwrite"] {
            let words = ["which is read to make it", "another name"];
            place.refuses(1, &format!("animate garden --driver clip.gif --output {output}{overwrite}"), &words);
            place.refuses(1, &format!("animate clip.gif --driver talk --output {output}{overwrite}"), &words);
            place.refuses(1, &format!("animate garden --also clip.gif --driver talk --output {output}{overwrite}"), &words);
        }
    }
    place.refuses(1, "animate frames/frame_000001.png --driver talk --output frames --overwrite", &["which is read to make it"]);
    place.refuses(1, "track clip.gif --output clip.gif --overwrite", &["is the clip itself", "another name"]);
}

#[needs(landmark_model)]
#[test]
fn a_still_drives_only_for_as_long_as_is_said() {
    let place = Place::new();
    place.file("still.jpg", LADY_JPEG);
    place.refuses(
        1,
        "animate garden --driver still.jpg --output out.gif",
        &["still.jpg is a single picture", "--seconds", "choose a video"],
    );
    let film = place.say("animate garden --driver still.jpg --seconds 0.4 --size 64 --output out.gif --json").json();
    assert_eq!((&film["frames"], &film["frames_with_face"]), (&10.into(), &10.into()), "as long as was asked for: {film}");
}

#[test]
fn formats_that_are_not_read_are_named_with_a_way_out() {
    let place = Place::new();
    for (name, content, words) in [
        ("a.heic", &b"\0\0\0\x0cftypheic"[..], ["cut off", "download it again"]),
        ("a.jxl", b"\xff\x0a\xfa\x7f\x01\x90\x08\x06", ["a.jxl", "download it again"]),
        ("a.svg", b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", ["SVG", "rsvg-convert"]),
        ("a.jpg", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", ["a video", "ffmpeg"]),
        ("a.tif", b"II*\0\x08\0\0\0\x01\0\x06\x01\x03\0\x01\0\0\0\x4c\x80\0\0\0\0\0\0", ["LogLuv", "save it as PNG"]),
    ] {
        place.file(name, content);
        place.refuses(1, &format!("animate {name} --driver talk --output out.gif"), &[name, words[0], words[1]]);
    }
}

/// A program's output that nobody reads any more.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_leaves_early_ends_nothing() {
    let place = Place::new();
    for (arguments, made) in
        [("animate garden --driver talk --seconds 0.2 --size 64 --output out.gif", true), ("doctor", false), ("--help", false)]
    {
        for also_errors in [false, true] {
            let talk = tempfile::NamedTempFile::new().expect("a file");
            let mut command = place.command(arguments.split(' '));
            command.stdin(Stdio::null()).stdout(closed_pipe());
            command.stderr(if also_errors { closed_pipe() } else { talk.reopen().expect("a file").into() });
            let mut child = command.spawn().expect("the program starts");
            let started = Instant::now();
            let status = loop {
                if let Some(status) = child.try_wait().expect("the system knows its children") {
                    break status;
                }
                assert!(started.elapsed() < Duration::from_mins(1), "{arguments} hangs");
                std::thread::sleep(Duration::from_millis(10));
            };
            let said = fs::read_to_string(talk.path()).expect("text");
            assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{arguments}: {said}");
            assert!(status.code().is_some_and(|code| code == 0 || arguments == "doctor" && code == 1), "{arguments}: {status}, {said}");
            if made {
                fs::remove_file(place.path("out.gif")).expect("the film is there all the same");
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_written_are_a_failure() {
    let place = Place::new();
    let full = fs::File::options().write(true).open("/dev/full").expect("a device that is always full");
    let mut command = place.command("animate garden --driver talk --seconds 0.1 --size 64 --output out.gif --json".split(' '));
    let ended = command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(1) && said.contains("could not be printed"), "{said}");
}
