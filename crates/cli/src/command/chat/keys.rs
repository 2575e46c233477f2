//! What each key does. Keys that mean nothing do nothing.

use super::session::Session;
use super::state::{Focus, Over};
use crate::error::CliError;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Messages that a page moves by.
const PAGE: isize = 10;

/// Does what a key, a paste or the window asks for. What fails is said and ends nothing.
pub(super) async fn press(session: &mut Session, event: Event) {
    let done = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_pressed(session, key).await,
        Event::Paste(text) => pasted(session, &text),
        Event::FocusGained => session.client.set_attention(true).map_err(CliError::from),
        Event::FocusLost => session.client.set_attention(false).map_err(CliError::from),
        _ => Ok(()),
    };
    if let Err(error) = done {
        session.fail(&error);
    }
}

fn pasted(session: &mut Session, text: &str) -> Result<(), CliError> {
    session.state.focus = Focus::Compose;
    session.state.composer.insert(text);
    session.tell_writing()
}

async fn key_pressed(session: &mut Session, key: KeyEvent) -> Result<(), CliError> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'q') if control => session.state.quits = true,
        KeyCode::Char('n') if control => return session.open_next(1),
        KeyCode::Char('p') if control => return session.open_next(-1),
        KeyCode::Char('f') if control => {
            session.state.over = Over::Nothing;
            session.state.focus = Focus::Compose;
            session.state.composer.set("/search ");
        }
        KeyCode::F(1) => session.state.over = Over::Help,
        KeyCode::Esc => escape(session),
        _ if session.state.over != Over::Nothing => return over(session, key.code),
        KeyCode::Tab => session.state.focus = next(session.state.focus),
        KeyCode::BackTab => session.state.focus = next(next(session.state.focus)),
        KeyCode::PageUp => return choose(session, -PAGE),
        KeyCode::PageDown => return choose(session, PAGE),
        _ => match session.state.focus {
            Focus::List => return in_list(session, key.code),
            Focus::Timeline => return in_timeline(session, key).await,
            Focus::Compose => return in_composer(session, key).await,
        },
    }
    Ok(())
}

/// One step back.
fn escape(session: &mut Session) {
    let state = &mut session.state;
    if state.over != Over::Nothing {
        state.over = Over::Nothing;
    } else if state.chosen.take().is_some() || state.focus != Focus::Compose {
        state.focus = Focus::Compose;
    } else {
        state.notice = None;
    }
}

const fn next(focus: Focus) -> Focus {
    match focus {
        Focus::List => Focus::Timeline,
        Focus::Timeline => Focus::Compose,
        Focus::Compose => Focus::List,
    }
}

fn over(session: &mut Session, code: KeyCode) -> Result<(), CliError> {
    let Over::Found(found) = &mut session.state.over else {
        session.state.over = Over::Nothing;
        return Ok(());
    };
    let last = found.results.len().saturating_sub(1);
    match code {
        KeyCode::Up => found.at = found.at.saturating_sub(1),
        KeyCode::Down => found.at = found.at.saturating_add(1).min(last),
        KeyCode::Enter => return session.open_found(),
        _ => {}
    }
    Ok(())
}

fn in_list(session: &mut Session, code: KeyCode) -> Result<(), CliError> {
    match code {
        KeyCode::Up | KeyCode::Char('k') => session.state.move_in_list(-1),
        KeyCode::Down | KeyCode::Char('j') => session.state.move_in_list(1),
        KeyCode::Enter | KeyCode::Right => return session.open_chosen(),
        _ => {}
    }
    Ok(())
}

/// Chooses another message; before the first, older ones are loaded.
fn choose(session: &mut Session, by: isize) -> Result<(), CliError> {
    if by < 0 && session.state.is_at_top() {
        session.read_older()?;
    }
    session.state.choose(by);
    session.state.focus = if session.state.chosen.is_some() {
        Focus::Timeline
    } else {
        Focus::Compose
    };
    if by > 0 && session.state.chosen.is_none() && session.state.more_after {
        return session.show_newest();
    }
    Ok(())
}

async fn in_timeline(session: &mut Session, key: KeyEvent) -> Result<(), CliError> {
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => return choose(session, -1),
        KeyCode::Down | KeyCode::Char('j') => return choose(session, 1),
        KeyCode::End => {
            session.state.focus = Focus::Compose;
            return session.show_newest();
        }
        KeyCode::Char('r') | KeyCode::Enter => begin(session, "/reply "),
        KeyCode::Char('e') => {
            let text = session.state.chosen_message().map(|message| message.text.clone());
            begin(session, &format!("/edit {}", text.unwrap_or_default()));
        }
        KeyCode::Char('+') => begin(session, "/react "),
        KeyCode::Char('d') => begin(session, "/delete"),
        KeyCode::Char('s') => {
            begin(session, "/star");
            session.submit().await;
        }
        _ => {}
    }
    Ok(())
}

/// A command about the chosen message, to be completed.
fn begin(session: &mut Session, command: &str) {
    if session.state.chosen.is_some() {
        session.state.composer.set(command);
        session.state.focus = Focus::Compose;
    }
}

async fn in_composer(session: &mut Session, key: KeyEvent) -> Result<(), CliError> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let composer = &mut session.state.composer;
    match key.code {
        KeyCode::Enter if alt || key.modifiers.contains(KeyModifiers::SHIFT) => composer.insert("\n"),
        KeyCode::Char('j') if control => composer.insert("\n"),
        KeyCode::Char('w') if control => composer.delete_word(),
        KeyCode::Enter => {
            session.submit().await;
            return Ok(());
        }
        KeyCode::Char(c) if !control && !alt => composer.insert(c.encode_utf8(&mut [0; 4])),
        KeyCode::Backspace => composer.backspace(),
        KeyCode::Delete => composer.delete(),
        KeyCode::Left => composer.left(),
        KeyCode::Right => composer.right(),
        KeyCode::Home => composer.home(),
        KeyCode::End => composer.end(),
        KeyCode::Down => {
            composer.down();
        }
        KeyCode::Up if composer.up() => {}
        KeyCode::Up => return choose(session, -1),
        _ => return Ok(()),
    }
    session.tell_writing()
}
