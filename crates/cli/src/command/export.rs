//! `export`: a conversation as a file, part by part, so that a long one fits into little memory.

use super::{Open, conversation};
use crate::args::{ExportArgs, ExportFormatName};
use crate::error::CliError;
use crate::private_file;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use undertone_client_core::export::ExportFormat;

pub(super) async fn export(open: &mut Open, args: ExportArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let conversation = conversation::known(open, &args.conversation)?;
    let format = match args.format {
        ExportFormatName::Txt => ExportFormat::Text,
        ExportFormatName::Json => ExportFormat::Json,
    };
    let mut target = Target::open(args.output.as_deref())?;
    let mut next: Option<String> = None;
    loop {
        let page = open.client.export(conversation, format, next.as_deref())?;
        target.write(&page.text)?;
        match page.next {
            Some(place) => next = Some(place),
            None => return target.finish(),
        }
    }
}

/// Where it goes.
enum Target {
    Output(BufWriter<io::Stdout>),
    File(PathBuf, BufWriter<std::fs::File>),
}

impl Target {
    /// A file that is there is never written over.
    fn open(path: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = path else {
            return Ok(Self::Output(BufWriter::new(io::stdout())));
        };
        let file = private_file::create_new(path).map_err(failed(path))?;
        Ok(Self::File(path.to_path_buf(), BufWriter::new(file)))
    }

    fn write(&mut self, text: &str) -> Result<(), CliError> {
        match self {
            Self::Output(out) => out.write_all(text.as_bytes()).map_err(CliError::Output),
            Self::File(path, out) => out.write_all(text.as_bytes()).map_err(failed(path)),
        }
    }

    fn finish(self) -> Result<(), CliError> {
        match self {
            Self::Output(mut out) => out.flush().map_err(CliError::Output),
            Self::File(path, mut out) => out.flush().map_err(failed(&path)),
        }
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> CliError {
    let path = path.to_path_buf();
    move |source| CliError::KeptFile {
        path: path.clone(),
        source,
    }
}
