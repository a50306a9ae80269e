//! Every text is there in every language, with what stands in it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The texts of a language by their keys, each with the names of what stands in it.
fn texts(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let (_, faults) = parsed(source(language));
    assert_eq!(faults, Vec::<String>::new(), "{language:?} is written as Fluent wants it");
    let mut texts = BTreeMap::new();
    let mut key = String::new();
    for line in source(language).lines() {
        if let Some((name, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            name.clone_into(&mut key);
            assert!(texts.insert(key.clone(), BTreeSet::new()).is_none(), "{key} is there once in {language:?}");
        }
        let names = line.split('$').skip(1).map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>());
        if let Some(known) = texts.get_mut(&key).filter(|_| !line.starts_with('#')) {
            known.extend(names);
        }
    }
    texts
}

/// The keys that a source file asks for.
fn asked(source: &str) -> BTreeSet<String> {
    // Not those of `format!(`.
    let calls = source.match_indices("t!(").filter(|(at, _)| !source[..*at].ends_with(|before: char| before.is_alphanumeric()));
    let keys = calls.filter_map(|(at, call)| source[at + call.len()..].trim_start().strip_prefix('"')?.split_once('"'));
    keys.map(|(key, _)| key.to_owned()).collect()
}

fn sources() -> Vec<String> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/present")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.ends_with("words/tests.rs") => {}
                path => found.push(std::fs::read_to_string(path).expect("a source file")),
            }
        }
    }
    found
}

#[test]
fn every_language_has_the_texts_of_english_and_what_stands_in_them() {
    let english = texts(Language::English);
    for language in Language::ALL {
        let own = texts(language);
        let missing: Vec<&String> = english.keys().filter(|key| !own.contains_key(*key)).collect();
        let strange: Vec<&String> = own.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(missing.is_empty() && strange.is_empty(), "{language:?} lacks {missing:?} and has {strange:?} beside English");
        for (key, values) in &english {
            assert_eq!(&own[key], values, "{key} in {language:?}");
        }
    }
}

#[test]
fn the_window_asks_for_every_text_and_for_no_other() {
    let wanted: BTreeSet<String> = sources().iter().flat_map(|source| asked(source)).collect();
    let there: BTreeSet<String> = texts(Language::English).into_keys().collect();
    assert_eq!(wanted.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "there are texts for all that is asked for");
    assert_eq!(there.difference(&wanted).collect::<Vec<_>>(), Vec::<&String>::new(), "and no text that nobody asks for");
}

#[test]
fn every_text_can_be_formatted() {
    for language in Language::ALL {
        let voice = Voice { language, own: bundle(language), english: None };
        for (key, names) in texts(language) {
            for number in [0, 1, 2, 5, 1_000_000] {
                let values: FluentArgs<'_> = names.iter().map(|name| (name.as_str(), FluentValue::from(number))).collect();
                let mut faults = Vec::new();
                let pattern = voice.own.get_message(&key).and_then(|message| message.value()).expect("a text");
                let text = voice.own.format_pattern(pattern, Some(&values), &mut faults);
                assert!(faults.is_empty() && !text.trim().is_empty(), "{key} in {language:?}: {text} {faults:?}");
            }
        }
    }
}

#[test]
fn the_language_is_that_of_the_thread_and_english_stands_in() {
    speak(Language::German);
    assert_eq!((t!("cancel"), t!("age-days", count = 1)), ("Abbrechen".to_owned(), "vor 1 Tag".to_owned()), "German");
    assert_eq!(t!("age-days", count = 3), "vor 3 Tagen", "several");
    assert_eq!(number(72.04, 1), "72,0", "with a comma");
    assert_eq!([name("Talk"), name("me.jpg")], ["Reden", "me.jpg"], "names that the program gives, and others");
    let elsewhere = std::thread::spawn(|| t!("cancel")).join().expect("another thread");
    assert_eq!(elsewhere, "Cancel", "which is English as long as it is told nothing else");
    speak(Language::French);
    assert_eq!(bytes(1_250_000), "1,2 Mo", "sizes, too");
    let english = Voice { own: bundle_of("other = x"), ..Voice::of(Language::German) };
    assert_eq!(english.text("cancel", &FluentArgs::new()).as_deref(), Some("Cancel"), "what German lacks comes in English");
    assert_eq!(text("no-such-text", []), "no-such-text", "a defect shows itself, and harms nobody");
}

fn bundle_of(text: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(vec![LanguageIdentifier::default()]);
    bundle.add_resource(parsed(text).0).expect("one text");
    bundle
}

#[test]
fn every_font_that_is_needed_is_looked_for_once() {
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&asked);
    let finder = FontFinder::new(move |language| {
        log.lock().expect("a log").push(language);
        None
    });
    let mut fonts = Fonts::new(finder);
    let ctx = egui::Context::default();
    assert_eq!(fonts.can_show(Language::Japanese), None, "nobody knows yet");
    fonts.look(&ctx);
    while !fonts.has_answered() {
        std::thread::yield_now();
        fonts.look(&ctx);
    }
    fonts.look(&ctx);
    assert_eq!(*asked.lock().expect("a log"), [Language::Japanese, Language::Chinese], "each once");
    assert_eq!([Language::Japanese, Language::Spanish].map(|language| fonts.can_show(language)), [Some(false), Some(true)], "the answer");
}
