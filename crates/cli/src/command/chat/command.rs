//! What is typed after a slash. It only reads; `session` does it.

use std::path::PathBuf;

/// What the user wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Say this.
    Say(String),
    Help,
    Quit,
    /// Open a conversation, or begin one with a person.
    Open(String),
    Search(String),
    /// Answer the chosen message.
    Reply(String),
    /// Change the chosen message, or the last own one.
    Edit(String),
    /// Put an emoji at a message, or take it away.
    React(String, bool),
    /// Take a message back for everyone.
    Delete,
    /// Delete it on this device only.
    DeleteHere,
    Pin,
    Star,
    /// Send a file, with words.
    Attach(PathBuf, String),
    /// Save the files of the chosen message, or the last one with any, in a folder.
    Save(PathBuf),
    /// Take up a stranger's request.
    Accept,
    /// Put it aside, or leave the group.
    Ignore,
    /// What is no command.
    Unknown(String),
}

/// The commands as help shows them.
pub(super) const HELP: [(&str, &str); 16] = [
    ("/open NAME", "a conversation, or a person"),
    ("/search WORDS", "also from: in: has:file before: after:"),
    ("/reply TEXT", "to the chosen message, or the last one"),
    ("/edit TEXT", "the chosen message, or your last one"),
    ("/react EMOJI", "at the chosen message; /unreact takes it back"),
    ("/delete", "for everyone"),
    ("/delete-here", "on this device only"),
    ("/pin", "for everyone, or no longer"),
    ("/star", "for you, or no longer"),
    ("/attach FILE [TEXT]", "send a file"),
    ("/save [FOLDER]", "the files of a message; here, without a folder"),
    ("/accept", "a stranger's request; to write does it, too"),
    ("/ignore", "a request; a group is left"),
    ("//text", "say something that begins with a slash"),
    ("/help", "this"),
    ("/quit", "leave"),
];

impl Command {
    /// Reads what was typed.
    pub(super) fn read(text: &str) -> Self {
        let Some(command) = text.strip_prefix('/') else {
            return Self::Say(text.to_owned());
        };
        if command.starts_with('/') {
            return Self::Say(command.to_owned());
        }
        let (verb, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = rest.trim();
        match (verb, rest) {
            ("help", _) => Self::Help,
            ("quit" | "q", _) => Self::Quit,
            ("delete", _) => Self::Delete,
            ("delete-here", _) => Self::DeleteHere,
            ("pin", _) => Self::Pin,
            ("star", _) => Self::Star,
            ("save", "") => Self::Save(PathBuf::from(".")),
            ("save", folder) => Self::Save(PathBuf::from(folder)),
            ("accept", _) => Self::Accept,
            ("ignore", _) => Self::Ignore,
            (_, "") => Self::Unknown(verb.to_owned()),
            ("open", name) => Self::Open(name.to_owned()),
            ("search", query) => Self::Search(query.to_owned()),
            ("reply", text) => Self::Reply(text.to_owned()),
            ("edit", text) => Self::Edit(text.to_owned()),
            ("react", emoji) => Self::React(emoji.to_owned(), true),
            ("unreact", emoji) => Self::React(emoji.to_owned(), false),
            ("attach", rest) => attach(rest),
            _ => Self::Unknown(verb.to_owned()),
        }
    }
}

/// A path with spaces stands in quotes.
fn attach(rest: &str) -> Command {
    let (path, text) = match rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((path, text)) => (path, text),
        None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
    };
    Command::Attach(PathBuf::from(path), text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_begin_with_a_slash() {
        let read = Command::read;
        assert_eq!(read("hello /you"), Command::Say("hello /you".to_owned()));
        assert_eq!(read("//shrug"), Command::Say("/shrug".to_owned()));
        assert_eq!(
            read("/reply yes, all of it"),
            Command::Reply("yes, all of it".to_owned())
        );
        assert_eq!(read("/unreact 👍"), Command::React("👍".to_owned(), false));
        assert_eq!(read("/reply"), Command::Unknown("reply".to_owned()));
        assert_eq!(read("/dance now"), Command::Unknown("dance".to_owned()));
        assert_eq!(read("/q"), Command::Quit);
        let attach = Command::Attach(PathBuf::from("my file.txt"), "see this".to_owned());
        assert_eq!(read("/attach \"my file.txt\" see this"), attach);
        assert_eq!(
            read("/attach a.txt"),
            Command::Attach(PathBuf::from("a.txt"), String::new())
        );
    }
}
