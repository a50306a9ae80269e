//! Every target reads its seeds and what the fuzzer found, without the fuzzer: a panic, an overflow or an endless loop ends the test.

use std::path::{Path, PathBuf};

use retrato_hostile::{TARGETS, Target, by_name, seeds};

/// Most bytes of all that is kept of the fuzzer's finds.
const MOST_BYTES: u64 = 1 << 20;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus")
}

fn found(target: &Target) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(corpus().join(target.name)).unwrap_or_else(|error| panic!("the finds of {}: {error}", target.name));
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn what_the_fuzzer_found_is_read_without_a_panic() {
    let mut bytes = 0;
    for target in &TARGETS {
        let files = found(target);
        assert!(!files.is_empty(), "{} has a corpus", target.name);
        for file in files {
            let input = std::fs::read(&file).expect("a small file");
            bytes += input.len() as u64;
            assert!(input.len() <= target.longest, "{} is small", file.display());
            let read = target.read;
            let ended = std::panic::catch_unwind(move || read(&input));
            assert!(ended.is_ok(), "{} makes {} panic", file.display(), target.name);
        }
    }
    assert!(bytes < MOST_BYTES, "the corpus stays small: {bytes} bytes");
}

#[test]
fn whole_files_of_every_kind_are_read() {
    let seeds = seeds::all().expect("every encoder works");
    for target in &TARGETS {
        assert!(seeds.iter().any(|seed| seed.target == target.name), "{} has seeds", target.name);
    }
    for seed in seeds {
        let target = by_name(seed.target).expect("a target of that name");
        (target.read)(&seed.bytes);
        // Cut anywhere it is an error at most.
        for end in (0..seed.bytes.len()).step_by(seed.bytes.len() / 40 + 1) {
            (target.read)(&seed.bytes[..end]);
        }
    }
}

#[test]
fn folders_of_the_corpus_are_those_of_targets() {
    for entry in std::fs::read_dir(corpus()).expect("a corpus").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(by_name(&name).is_some(), "{name} is a target");
    }
}
