//! `chat`: the client as a full screen. This file owns the terminal and the loop between keys, news and
//! drawing; what there is to see is in `state`, what is done in `session` and `keys`, how it looks in
//! `screen`. It works over a slow line: only what changed is drawn, after all that is waiting was done.

mod command;
mod composer;
mod keys;
mod screen;
mod session;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod timeline;

use super::transcript::Transcripts;
use super::{Open, watch};
use crate::args::ChatArgs;
use crate::error::CliError;
use futures::{FutureExt, StreamExt};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, Event, read,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use session::Session;
use std::io::{self, IsTerminal, Stdout};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use undertone_client_core::platform::Zone;

pub(super) async fn chat(open: &mut Open, args: ChatArgs) -> Result<(), CliError> {
    open.require_session()?;
    if !io::stdout().is_terminal() {
        return Err(CliError::NoTerminal(io::ErrorKind::Unsupported.into()));
    }
    let transcripts = Transcripts::begin(&args.log)?;
    let mut session = Session::new(open.client.clone(), Zone::of_machine(), transcripts)?;
    open.client.start();
    open.client.set_attention(true)?;
    match &args.conversation {
        Some(name) => session.open_named(name).await?,
        None => session.open_chosen()?,
    }
    let mut screen = Screen::enter()?;
    let result = run(&mut session, &mut screen.terminal, keyboard()).await;
    drop(screen);
    // What was said is written down whatever ended the talk.
    let finished = session.finish();
    result.and(finished)
}

/// The loop: until the user leaves, the keyboard is gone, or somebody ends the process.
async fn run<B: Backend>(
    session: &mut Session,
    terminal: &mut Terminal<B>,
    mut keyboard: UnboundedReceiver<Event>,
) -> Result<(), CliError>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut changes = session.client.changes();
    let interrupted = watch::interrupted();
    tokio::pin!(interrupted);
    while !session.state.quits {
        terminal
            .draw(|frame| screen::draw(frame, &session.state))
            .map_err(|error| CliError::NoTerminal(io::Error::other(error)))?;
        tokio::select! {
            event = keyboard.recv() => match event {
                Some(event) => keys::press(session, event).await,
                None => return Ok(()),
            },
            change = changes.next() => match change {
                Some(change) => session.news(change)?,
                None => return Ok(()),
            },
            signal = &mut interrupted => return signal,
        }
        // All that waits is done before the screen is drawn once.
        while let Ok(event) = keyboard.try_recv() {
            keys::press(session, event).await;
        }
        while let Some(Some(change)) = changes.next().now_or_never() {
            session.news(change)?;
        }
    }
    Ok(())
}

/// Keys as they come, from a thread of their own: it ends with the process.
fn keyboard() -> UnboundedReceiver<Event> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = read() {
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The terminal as a full screen; it is as it was before when this is dropped, whatever happened.
struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    fn enter() -> Result<Self, CliError> {
        enable_raw_mode().map_err(CliError::NoTerminal)?;
        let entered = execute!(
            io::stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange
        );
        let made = entered.and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match made {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                leave();
                Err(CliError::NoTerminal(error))
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.terminal.show_cursor());
        leave();
    }
}

/// Nobody is left to tell if this fails.
fn leave() {
    drop(execute!(
        io::stdout(),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen
    ));
    drop(disable_raw_mode());
}
