//! What must not be in a file that a person gives away: names of people and machines, and of their pictures and films.

/// Endings of files that people name after people.
const MEDIA: [&str; 24] = [
    "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "jxl", "mp4", "mov", "m4v", "mkv", "webm", "avi",
    "mpg", "mpeg", "ogv", "jsonl", "part", "wav",
];
/// Levels of the log: what stands before the message.
const LEVELS: [&str; 5] = ["ERROR ", " WARN ", " INFO ", "DEBUG ", "TRACE "];

/// Takes names out of text.
#[derive(Clone, Debug)]
pub(super) struct Redactor {
    /// What says who it is, the longest first, and what stands for it.
    names: Vec<(String, &'static str)>,
}

impl Redactor {
    /// The user and the machine that this process belongs to.
    pub(super) fn of_process() -> Self {
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().display().to_string());
        let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
        Self::new([(home, "~"), (user, "USER"), (machine, "MACHINE")])
    }

    fn new(found: [(Option<String>, &'static str); 3]) -> Self {
        // A name of a letter or two is part of many words, and the superuser is nobody.
        let is_name = |name: &str| name.len() > 2 && !["root", "localhost", "/root"].contains(&name);
        let named = found.into_iter().filter_map(|(name, stand_in)| Some((name?, stand_in)));
        Self { names: named.filter(|(name, _)| is_name(name)).collect() }
    }

    /// Paths keep what is of use: where they are in the home folder.
    pub(super) fn names(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, stand_in)| text.replace(name.as_str(), stand_in))
    }

    /// A line of the log, or a message: nothing that a person chose a name for is left. Rather too much goes than too little.
    pub(super) fn message(&self, line: &str) -> String {
        let start = LEVELS.iter().filter_map(|level| line.find(level).filter(|at| *at < 40).map(|at| at + level.len())).min().unwrap_or(0);
        let (head, message) = line.split_at(start);
        format!("{head}{}", self.names(&without_paths(&without_files(message))))
    }

    /// A line of a backtrace: of paths the part that tells which source it is.
    pub(super) fn source(&self, line: &str) -> String {
        let Some(from) = line.find(" at /") else { return self.names(line) };
        let (head, path) = line.split_at(from + 4);
        let place = ["/registry/src/", "/library/", "/crates/", "/src/"].iter().find_map(|part| path.find(part));
        let place = place.or_else(|| path.rfind('/'));
        self.names(&format!("{head}…{}", &path[place.unwrap_or(0)..]))
    }
}

/// Names of files may have spaces in them: all up to the last one goes, from where a path begins or, without one before the first of them, from the start.
fn without_files(message: &str) -> String {
    let lower = message.to_ascii_lowercase();
    let ends = |ending: &str| {
        let dotted = format!(".{ending}");
        let whole = |at: &usize| !lower[at + dotted.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
        lower.match_indices(&dotted).map(|(at, _)| at).filter(whole).map(|at| at + dotted.len()).max()
    };
    let Some(end) = MEDIA.iter().filter_map(|ending| ends(ending)).max() else { return message.to_owned() };
    let first = MEDIA.iter().filter_map(|ending| lower.find(&format!(".{ending}"))).min().unwrap_or(end);
    let path = [" /", " ~/", " \"/", " '/"].iter().filter_map(|sign| message.find(sign)).min().filter(|at| *at < first);
    format!("{}FILE{}", path.map_or("", |at| &message[..=at]), &message[end..])
}

/// All between the first path and the last sign that belongs to one.
fn without_paths(message: &str) -> String {
    let words: Vec<&str> = message.split(' ').collect();
    let bare = |word: &str| word.trim_start_matches(['"', '\'', '(', '`']).to_owned();
    let begins = |word: &&str| {
        let word = bare(word);
        word.len() > 1 && (word.starts_with('/') || word.starts_with("~/")) || word.contains(":\\") || word.starts_with("\\\\")
    };
    let Some(first) = words.iter().position(begins) else { return message.to_owned() };
    let last = words.iter().rposition(|word| word.contains(['/', '\\'])).unwrap_or(first);
    let end = if words[last].ends_with([':', ',', ';']) { &words[last][words[last].len() - 1..] } else { "" };
    let path = format!("PATH{end}");
    [&words[..first], &[path.as_str()], &words[last + 1..]].concat().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        Redactor::new([
            (Some("/people/jane".to_owned()), "~"),
            (Some("jane".to_owned()), "USER"),
            (Some("janes-laptop".to_owned()), "MACHINE"),
        ])
    }

    #[test]
    fn neither_people_nor_machines_are_named() {
        assert_eq!(redactor().names("settings: /people/jane/.config, owned by jane"), "settings: ~/.config, owned by USER", "paths stay");
        let nobody = Redactor::new([(Some("/root".to_owned()), "~"), (Some("jo".to_owned()), "USER"), (None, "MACHINE")]);
        assert_eq!(nobody.names("root, jo, /root/x"), "root, jo, /root/x", "these are no names");
    }

    #[test]
    fn messages_keep_what_happened_and_no_name_that_a_person_chose() {
        for (line, left) in [
            ("2026-01-01T00:00:00Z  WARN Old Aunt.JPG is cut off", "2026-01-01T00:00:00Z  WARN FILE is cut off"),
            ("/people/jane/My Films/a b/log: no space left", "PATH: no space left"),
            ("cannot write \"/people/jane/x\": denied", "cannot write PATH: denied"),
            ("cannot write C:\\Users\\Old Aunt\\x, sorry", "cannot write PATH, sorry"),
            ("the camera of jane gives YUYV/MJPG at 1/30", "the camera of USER gives YUYV/MJPG at 1/30"),
            ("index out of bounds: the len is 3 but the index is 7", "index out of bounds: the len is 3 but the index is 7"),
            ("gave up on /data/Old Aunt.png and b.png: cut off", "gave up on FILE: cut off"),
            ("Aunt.png is not /data/b.png", "FILE"),
            ("a.png and Aunt.mp4 (2.jpgx)", "FILE (2.jpgx)"),
            ("", ""),
        ] {
            assert_eq!(redactor().message(line), left, "{line}");
        }
    }

    #[test]
    fn backtraces_say_which_source_it_is() {
        let source = |line: &str| redactor().source(line);
        assert_eq!(
            source("  at /people/jane/.cargo/registry/src/index/egui-1/src/a.rs:3:4"),
            "  at …/registry/src/index/egui-1/src/a.rs:3:4",
            "theirs"
        );
        assert_eq!(source("  at /people/jane/retrato/crates/nn/src/a.rs:3:4"), "  at …/crates/nn/src/a.rs:3:4", "ours");
        assert_eq!(source("  7: retrato::main"), "  7: retrato::main", "a function");
    }
}
