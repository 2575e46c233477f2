//! Transcripts: one text file for each conversation of a session, for who asks for them; encrypted, if
//! there is a passphrase. Of messages that vanish only their place is kept.

use crate::args::LogArgs;
use crate::error::CliError;
use crate::{password, private_file};
use age::secrecy::SecretString;
use age::stream::StreamWriter;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use undertone_client_core::platform::{NativePlatform, Platform};
use undertone_client_core::view::MessageView;
use undertone_client_core::{ClientError, export};
use undertone_wire::{ConversationId, Timestamp};

/// Files of one conversation that began in the same second, at most.
const TRIES: u32 = 100;

/// See the module.
pub(super) struct Transcripts(Option<Session>);

struct Session {
    directory: PathBuf,
    passphrase: Option<SecretString>,
    began: String,
    files: BTreeMap<ConversationId, Transcript>,
}

struct Transcript {
    path: PathBuf,
    sink: Sink,
}

enum Sink {
    Plain(File),
    Sealed(Box<StreamWriter<File>>),
}

impl Transcripts {
    /// Makes the directory, and reads the passphrase. Without `--log` nothing is written.
    pub(super) fn begin(args: &LogArgs) -> Result<Self, CliError> {
        let Some(directory) = &args.log else {
            return Ok(Self(None));
        };
        private_file::make_directory(directory)?;
        let passphrase = match &args.log_passphrase_file {
            Some(path) => Some(SecretString::from(
                password::first_line_of(path)?.as_str().to_owned(),
            )),
            None => None,
        };
        Ok(Self(Some(Session {
            directory: directory.clone(),
            passphrase,
            began: stamp(NativePlatform::new().now()),
            files: BTreeMap::new(),
        })))
    }

    /// Whether nothing is written.
    pub(super) const fn are_off(&self) -> bool {
        self.0.is_none()
    }

    /// Adds a row of a conversation with that title.
    pub(super) fn row(&mut self, title: &str, row: &MessageView) -> Result<(), CliError> {
        self.row_of(|| Ok(title.to_owned()), row)
    }

    /// Adds a row of a conversation whose title is asked for if its file is begun by it.
    pub(super) fn row_of(
        &mut self,
        title: impl FnOnce() -> Result<String, ClientError>,
        row: &MessageView,
    ) -> Result<(), CliError> {
        let Some(session) = &mut self.0 else { return Ok(()) };
        if !session.files.contains_key(&row.conversation) {
            let transcript = session.make(&title()?, row.conversation)?;
            session.files.insert(row.conversation, transcript);
        }
        match session.files.get_mut(&row.conversation) {
            Some(transcript) => transcript.write(&export::text_of(row)),
            None => Ok(()),
        }
    }

    /// Ends all files. Encrypted ones can only be read up to where they were ended.
    pub(super) fn finish(&mut self) -> Result<(), CliError> {
        for (_, transcript) in self.0.take().into_iter().flat_map(|session| session.files) {
            transcript.finish()?;
        }
        Ok(())
    }
}

impl Session {
    fn make(&self, title: &str, conversation: ConversationId) -> Result<Transcript, CliError> {
        let ending = if self.passphrase.is_some() {
            "txt.age"
        } else {
            "txt"
        };
        let name = export::file_name(title, conversation, ending);
        let (path, file) = self.new_file(&name)?;
        let sink = match &self.passphrase {
            None => Sink::Plain(file),
            Some(passphrase) => {
                let sealed = age::Encryptor::with_user_passphrase(passphrase.clone()).wrap_output(file);
                Sink::Sealed(Box::new(sealed.map_err(failed(&path))?))
            }
        };
        let mut transcript = Transcript { path, sink };
        transcript.write(&format!(
            "{}\nTimes are UTC.\n\n",
            crate::output::printable(title)
        ))?;
        Ok(transcript)
    }

    /// A file that was not there before: of two that want the same name the second gets a number.
    fn new_file(&self, name: &str) -> Result<(PathBuf, File), CliError> {
        let mut path = self.directory.join(format!("{}-{name}", self.began));
        for number in 2..TRIES {
            match private_file::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    path = self.directory.join(format!("{}-{number}-{name}", self.began));
                }
                made => return made.map(|file| (path.clone(), file)).map_err(failed(&path)),
            }
        }
        let source = io::Error::from(io::ErrorKind::AlreadyExists);
        Err(CliError::KeptFile { path, source })
    }
}

impl Transcript {
    /// Every row is handed to the system at once: a crash loses none that stands in a plain file.
    fn write(&mut self, text: &str) -> Result<(), CliError> {
        let written = match &mut self.sink {
            Sink::Plain(file) => file.write_all(text.as_bytes()),
            Sink::Sealed(writer) => writer.write_all(text.as_bytes()),
        };
        written.map_err(failed(&self.path))
    }

    fn finish(self) -> Result<(), CliError> {
        let finished = match self.sink {
            Sink::Plain(file) => file.sync_all(),
            Sink::Sealed(writer) => writer.finish().and_then(|file| file.sync_all()),
        };
        finished.map_err(failed(&self.path))
    }
}

/// Date and time without signs that a file system could mind.
fn stamp(at: Timestamp) -> String {
    let text: String = at.to_string().chars().take("2025-11-21T11:20:15".len()).collect();
    text.replace(':', "-")
}

fn failed(path: &Path) -> impl Fn(io::Error) -> CliError {
    let path = path.to_path_buf();
    move |source| CliError::KeptFile {
        path: path.clone(),
        source,
    }
}
