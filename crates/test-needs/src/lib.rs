//! The attribute [`macro@needs`]: a test that needs what this machine lacks is reported as ignored, with what it needs, and never as passed.
//!
//! `libtest` knows no test that ignores itself while it runs, so the decision is made when tests are compiled. A build script looks once for all of it;
//! the crate is a development dependency, so that nothing of it is part of a build of the program. What was found and is gone when the test runs makes
//! the test fail.

use std::iter::once;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

#[cfg(test)]
mod probe;

/// What the build script found: `name=1=what` for what is there, `name=0=what` for what is missing, joined by semicolons.
const ANSWERS: &str = env!("TEST_NEEDS");

/// Says what a test needs: `#[needs(ffmpeg, shared_media)]` above its `#[test]`. Without one of them the test is ignored.
///
/// | name | what |
/// |---|---|
/// | `shared_media` | portraits and clips, in `../shared/media` or in the folder that `RETRATO_SHARED` names |
/// | `facekit` | the archive of ICT-FaceKit, `data/ict-facekit.tar.xz` in the same folder, and tar |
/// | `ffmpeg` | ffmpeg and ffprobe with the encoders that make the test clips |
/// | `heif_tools` | heif-enc, and heif-dec or heif-convert |
/// | `avif_tools` | avifenc and avifdec |
/// | `cjxl` | the encoder of JPEG XL |
/// | `landmark_model` | dlib's landmark model |
/// | `face_model` | the face reader's models |
/// | `gpu` | a graphics adapter, if only a software one |
/// | `software_gpu` | a software graphics adapter |
/// | `pair_products` | AVX512-BF16 |
/// | `avx2` | AVX2 and FMA |
/// | `xvfb` | the X server Xvfb |
/// | `cjk_font` | a font for Japanese and Chinese |
/// | `noto_cjk` | Noto Sans CJK, with which the pictures for comparison were drawn |
/// | `strace` | strace, and the right to trace |
/// | `mount` | the right to mount a small disk (root on Linux) |
/// | `no_camera`, `no_microphone`, `no_virtual_camera` | a Linux machine without one |
/// | `microphone` | a microphone that `RETRATO_TEST_MICROPHONE` names |
#[proc_macro_attribute]
pub fn needs(names: TokenStream, test: TokenStream) -> TokenStream {
    match checked(&names.to_string(), &test) {
        Ok(None) => test,
        Ok(Some(missing)) => ignored(&missing).chain(test).collect(),
        Err(message) => error(&message).chain(test).collect(),
    }
}

/// Why a test cannot run here; `None` when it can.
fn checked(names: &str, test: &TokenStream) -> Result<Option<String>, String> {
    if !has_test_attribute(test.clone()) {
        return Err("#[needs(...)] stands above the #[test] of a test".to_owned());
    }
    missing(names, ANSWERS)
}

/// Whether one of the attributes in front of an item is `#[test]`.
fn has_test_attribute(item: TokenStream) -> bool {
    item.into_iter().any(|token| matches!(token, TokenTree::Group(attribute) if attribute.stream().to_string() == "test"))
}

/// What is missing of the things named, in words; an error for a name that nobody looks for.
fn missing(names: &str, answers: &str) -> Result<Option<String>, String> {
    let mut without = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let answer = answers.split(';').find_map(|answer| answer.strip_prefix(name)?.strip_prefix('='));
        match answer.and_then(|answer| answer.split_once('=')) {
            Some(("1", _)) => {}
            Some((_, what)) => without.push(what),
            None => return Err(format!("nobody looks for `{name}`: see the list in crates/test-needs/src/probe.rs")),
        }
    }
    Ok((!without.is_empty()).then(|| format!("needs {}", without.join(", and "))))
}

/// The attribute of a test that is left out, with the reason.
fn ignored(reason: &str) -> impl Iterator<Item = TokenTree> + use<> {
    let words =
        [TokenTree::from(Ident::new("ignore", Span::call_site())), Punct::new('=', Spacing::Alone).into(), Literal::string(reason).into()];
    let attribute = Group::new(Delimiter::Bracket, words.into_iter().collect());
    [TokenTree::from(Punct::new('#', Spacing::Alone)), attribute.into()].into_iter()
}

/// An error of the compiler with this message.
fn error(message: &str) -> impl Iterator<Item = TokenTree> + use<> {
    let message: TokenStream = once(TokenTree::from(Literal::string(message))).collect();
    [
        TokenTree::from(Ident::new("compile_error", Span::call_site())),
        Punct::new('!', Spacing::Alone).into(),
        Group::new(Delimiter::Parenthesis, message).into(),
        Punct::new(';', Spacing::Alone).into(),
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &str = "ffmpeg=1=ffmpeg of Debian;gpu=0=a graphics adapter;mount=0=root on Linux";

    #[test]
    fn only_what_is_missing_is_named() {
        assert_eq!(missing("ffmpeg", SOME), Ok(None), "it is there");
        assert_eq!(missing("ffmpeg, gpu", SOME), Ok(Some("needs a graphics adapter".to_owned())), "one of two");
        assert_eq!(missing("mount, gpu", SOME), Ok(Some("needs root on Linux, and a graphics adapter".to_owned())), "both");
    }

    #[test]
    fn a_name_that_nobody_looks_for_is_an_error() {
        assert!(missing("gp", SOME).is_err_and(|e| e.contains("`gp`")), "part of a name is no name");
        assert!(missing("camera", SOME).is_err(), "unknown");
    }

    #[test]
    fn the_answers_are_still_true() {
        let machine = probe::Machine::this(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        for need in probe::NEEDS {
            assert!(!need.what.contains([';', '=']), "{}: signs that part the answers", need.name);
            let missing = missing(need.name, ANSWERS).expect("every need was looked for");
            let remedy = "touch crates/test-needs/build.rs, and the tests are compiled for this machine";
            assert_eq!(missing.is_none(), (need.found)(&machine).is_some(), "{} came or went: {remedy}", need.name);
        }
    }
}
