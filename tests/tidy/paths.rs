//! Reads what a source file names: every path in its code, however it is spelled, with the module that it stands in.
//!
//! A file is cut into words and signs, without comments and without what stands between quotation marks. Imports are taken apart into single paths;
//! `crate`, `self` and `super` are followed from the module in which they stand, which may be written inside of the file.

/// A path as it is written somewhere, followed as far as its beginning says where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Where it begins.
    pub(super) from: Root,
    /// The names that follow.
    pub(super) names: Vec<String>,
    /// Whether it is imported.
    pub(super) import: Option<Import>,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// At the root of its own crate.
    Own,
    /// At any other name: another crate, or something known where the path stands.
    Name,
}

/// How an import ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Import {
    /// With the name itself.
    Plain,
    /// With another name for it.
    As(String),
    /// With all that is in it.
    All,
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name or a keyword.
    Word(String),
    /// Two colons.
    Colons,
    /// Any other sign.
    Sign(char),
    /// A string, for those who want to see it.
    Text(String),
}

/// Everything that a file names. `module` is the path of the file's own module, empty for the root of a crate.
pub(super) fn named(text: &str, module: &[&str]) -> Vec<Named> {
    let tokens = tokens(text);
    let mut reader =
        Reader { tokens: &tokens, at: 0, module: module.iter().map(|&name| name.to_owned()).collect(), inner: Vec::new(), depth: 0 };
    reader.all()
}

/// Files that a file takes in by a path of its own choice: `#[path = "…"]`, `include!("….rs")`.
pub(super) fn taken_in(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let takes_in = |before: &[Token]| match before {
        [Token::Sign('[' | '(' | ','), Token::Word(word), Token::Sign('=')] => word == "path",
        [Token::Word(word), Token::Sign('!'), Token::Sign('(' | '[' | '{')] => word == "include",
        _ => false,
    };
    let text = |window: &[Token]| match window.split_last() {
        Some((Token::Text(text), before)) if takes_in(before) => Some(text.clone()),
        _ => None,
    };
    tokens.windows(4).filter_map(text).collect()
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The module that is being read.
    module: Vec<String>,
    /// At which depth of braces the modules inside of the file began.
    inner: Vec<usize>,
    depth: usize,
}

impl Reader<'_> {
    fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        if let Some(Token::Word(word)) = self.token(ahead) { Some(word) } else { None }
    }

    fn is(&self, ahead: usize, sign: char) -> bool {
        self.token(ahead) == Some(&Token::Sign(sign))
    }

    fn all(&mut self) -> Vec<Named> {
        let mut found = Vec::new();
        while let Some(token) = self.token(0).cloned() {
            match token {
                Token::Sign('{') => {
                    self.depth += 1;
                    self.at += 1;
                }
                Token::Sign('}') => {
                    self.leave();
                    self.at += 1;
                }
                Token::Word(word) if word == "mod" && self.word(1).is_some() && self.is(2, '{') => {
                    let name = self.word(1).unwrap_or_default().to_owned();
                    self.module.push(name);
                    self.depth += 1;
                    self.inner.push(self.depth);
                    self.at += 3;
                }
                // `use<'a>` says what a type captures.
                Token::Word(word) if word == "use" && !self.is(1, '<') => {
                    self.at += 1;
                    self.tree(&[], &mut found);
                }
                Token::Word(word) if word == "extern" && self.word(1) == Some("crate") => {
                    self.at += 2;
                    let names = vec![self.word(0).unwrap_or_default().to_owned()];
                    let import = self.renaming(1);
                    found.extend(self.follow(&names, Some(import)));
                    self.at += 1;
                }
                Token::Word(_) | Token::Colons => {
                    let path = self.path();
                    // One word alone is a local name, as long as nothing is imported by it.
                    if path.len() > 1 {
                        found.extend(self.follow(&path, None));
                    }
                }
                Token::Sign('.') if matches!(self.token(1), Some(Token::Word(_))) => self.at += 2,
                _ => self.at += 1,
            }
        }
        found
    }

    /// Leaves a pair of braces, and a module with them.
    fn leave(&mut self) {
        if self.inner.last() == Some(&self.depth) {
            self.inner.pop();
            self.module.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// The names of a path, up to where it ends.
    fn path(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        if self.token(0) == Some(&Token::Colons) {
            self.at += 1;
        }
        while let Some(word) = self.word(0) {
            names.push(word.to_owned());
            self.at += 1;
            if self.token(0) != Some(&Token::Colons) || self.word(1).is_none() {
                break;
            }
            self.at += 1;
        }
        names
    }

    /// One branch of an import.
    fn tree(&mut self, before: &[String], found: &mut Vec<Named>) {
        let mut names = before.to_vec();
        names.extend(self.path());
        if self.token(0) == Some(&Token::Colons) {
            self.at += 1;
        }
        if self.is(0, '{') {
            self.at += 1;
            while self.token(0).is_some() && !self.is(0, '}') {
                let start = self.at;
                self.tree(&names, found);
                if self.is(0, ',') || self.at == start {
                    self.at += 1;
                }
            }
            self.at += 1;
        } else if self.is(0, '*') {
            self.at += 1;
            found.extend(self.follow(&names, Some(Import::All)));
        } else {
            let import = self.renaming(0);
            // `use a::{self as b}` renames `a`.
            if names.len() > 1 && names.last().is_some_and(|name| name == "self") {
                names.pop();
            }
            if import != Import::Plain {
                self.at += 2;
            }
            found.extend(self.follow(&names, Some(import)));
        }
    }

    /// The other name that an import gets.
    fn renaming(&self, ahead: usize) -> Import {
        match (self.word(ahead), self.word(ahead + 1)) {
            (Some("as"), Some(name)) => Import::As(name.to_owned()),
            _ => Import::Plain,
        }
    }

    /// Follows `crate`, `self` and `super` from where the path stands; `None` for nothing.
    fn follow(&self, names: &[String], import: Option<Import>) -> Option<Named> {
        let mut rest = names;
        let mut place: Option<Vec<String>> = None;
        while let [first, others @ ..] = rest {
            match first.as_str() {
                "crate" => place = Some(Vec::new()),
                "self" => place = Some(place.unwrap_or_else(|| self.module.clone())),
                "super" => {
                    let mut outer = place.unwrap_or_else(|| self.module.clone());
                    outer.pop();
                    place = Some(outer);
                }
                _ => break,
            }
            rest = others;
        }
        match place {
            Some(mut place) => {
                place.extend_from_slice(rest);
                Some(Named { from: Root::Own, names: place, import })
            }
            None => (!rest.is_empty()).then(|| Named { from: Root::Name, names: rest.to_vec(), import }),
        }
    }
}

/// Cuts a file into its pieces.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        match (c, next) {
            ('/', Some('/')) => at = end_of_line(&chars, at),
            ('/', Some('*')) => at = end_of_comment(&chars, at),
            ('"', _) => at = string(&chars, at, 0, false, &mut tokens),
            ('\'', _) => at = end_of_char(&chars, at),
            (':', Some(':')) => {
                tokens.push(Token::Colons);
                at += 2;
            }
            _ if c.is_alphanumeric() || c == '_' => at = word(&chars, at, &mut tokens),
            _ if c.is_whitespace() => at += 1,
            _ => {
                tokens.push(Token::Sign(c));
                at += 1;
            }
        }
    }
    tokens
}

fn end_of_line(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|&c| c == '\n').map_or(chars.len(), |n| at + n)
}

/// Comments of this kind may stand in each other.
fn end_of_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// A string that begins here; `hashes` of a raw one. Returns where it ends.
fn string(chars: &[char], start: usize, hashes: usize, raw: bool, tokens: &mut Vec<Token>) -> usize {
    let mut at = start + 1;
    let mut text = String::new();
    while let Some(&c) = chars.get(at) {
        let closes = c == '"' && chars[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
        if closes {
            at += 1 + hashes;
            break;
        }
        if c == '\\' && !raw {
            at += 1;
        }
        text.extend(chars.get(at));
        at += 1;
    }
    tokens.push(Token::Text(text));
    at
}

/// Behind a character between quotation marks, or behind the sign of a lifetime.
fn end_of_char(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            // `'\''` and `'\u{…}'`.
            let from = (at + 3).min(chars.len());
            chars[from..].iter().position(|&c| c == '\'').map_or(chars.len(), |n| from + n + 1)
        }
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// A name, or a string with letters in front of it.
fn word(chars: &[char], start: usize, tokens: &mut Vec<Token>) -> usize {
    let length = chars[start..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
    let end = start + length;
    let name: String = chars[start..end].iter().collect();
    let hashes = chars[end..].iter().take_while(|&&c| c == '#').count();
    let quoted = chars.get(end + hashes) == Some(&'"');
    match name.as_str() {
        "r" | "br" | "cr" if quoted => string(chars, end + hashes, hashes, true, tokens),
        "b" | "c" if quoted && hashes == 0 => string(chars, end, 0, false, tokens),
        "b" if chars.get(end) == Some(&'\'') => end_of_char(chars, end),
        // `r#name` is `name`.
        "r" if hashes == 1 => end + 1,
        _ => {
            tokens.push(Token::Word(name));
            end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path in words: `crate::a::b`, `name::c`; imports end with `;`, renamed ones with ` as;` and globs with `::*;`.
    fn said(text: &str, module: &[&str]) -> Vec<String> {
        let word = |named: Named| {
            let start = if named.from == Root::Own { vec!["crate".to_owned()] } else { Vec::new() };
            let end = match named.import {
                None => "",
                Some(Import::Plain) => ";",
                Some(Import::As(_)) => " as;",
                Some(Import::All) => "::*;",
            };
            [start, named.names].concat().join("::") + end
        };
        named(text, module).into_iter().map(word).collect()
    }

    #[test]
    fn every_spelling_of_an_import_is_seen() {
        for (text, expected) in [
            ("use crate::capture::open;", &["crate::capture::open;"][..]),
            ("use crate::capture;", &["crate::capture;"]),
            ("use crate::{capture, data};", &["crate::capture;", "crate::data;"]),
            ("use crate :: { data , capture::{self, open as o} , };", &["crate::data;", "crate::capture;", "crate::capture::open as;"]),
            ("use {crate::capture, std::fs};", &["crate::capture;", "std::fs;"]),
            ("use crate::capture as cam;", &["crate::capture as;"]),
            ("use crate::{capture::{self as cam}};", &["crate::capture as;"]),
            ("use crate::*;", &["crate::*;"]),
            ("use super::super::capture;", &["crate::capture;"]),
            ("use self::super::super::{capture::{a, b}};", &["crate::capture::a;", "crate::capture::b;"]),
            ("use super::super as top;", &["crate as;"]),
            ("pub(super) use r#crate::capture;", &["crate::capture;"]),
            ("use ::retrato_media::capture;", &["retrato_media::capture;"]),
            ("use retrato_media::{capture::open, record};", &["retrato_media::capture::open;", "retrato_media::record;"]),
            ("extern crate retrato_media as media;", &["retrato_media as;"]),
            ("fn f() { let x = crate::capture::open(1); }", &["crate::capture::open"]),
            ("fn f() -> super::super::capture::Frame { todo() }", &["crate::capture::Frame"]),
            ("fn f() { <crate::capture::Frame as Into<u8>>::into(x) }", &["crate::capture::Frame"]),
            ("macro_rules! m { () => { $crate::capture::open() } }", &["crate::capture::open"]),
            ("#[derive(clap::Args)] struct A;", &["clap::Args"]),
            ("use\n    crate\n    ::capture // of cameras\n    ;", &["crate::capture;"]),
            ("fn f() -> impl Fn() + use<'_> { || crate::capture::g() }", &["crate::capture::g"]),
        ] {
            assert_eq!(said(text, &["present", "stage"]), expected, "{text}");
        }
    }

    #[test]
    fn modules_inside_of_a_file_are_followed() {
        let text = "mod tests { use super::*; use super::super::capture; mod deep { use super::super::super::record; } } use super::data;";
        let expected = ["crate::present::*;", "crate::capture;", "crate::record;", "crate::data;"];
        assert_eq!(said(text, &["present"]), expected, "{text}");
    }

    #[test]
    fn prose_strings_and_local_names_are_no_paths() {
        let text = r##"
            // use crate::capture;
            /* crate::capture::a /* crate::capture::b */ crate::capture::c */
            let a = "crate::capture::open"; let b = r#"use crate::capture; " "#; let c = b"crate::capture::x\" crate::d::e";
            let quote = '"'; let other = '\''; let text: &'static str = x.crate_capture(); capture.open(); let capture = 1;
        "##;
        assert_eq!(said(text, &["present"]), Vec::<String>::new(), "nothing is named");
    }

    #[test]
    fn files_that_are_taken_in_are_seen() {
        let text = r#"#[path = "../capture/open.rs"] mod open; include!("other.rs"); include_str!("a.json"); let path = "b.rs";"#;
        assert_eq!(taken_in(text), ["../capture/open.rs", "other.rs"], "both ways, and no more");
    }
}
