//! A talk by keys: two people at screens of text, a real server between them.

use super::state::{Focus, State};
use super::{keys, screen, session::Session};
use crate::args::LogArgs;
use crate::command::transcript::Transcripts;
use futures::{FutureExt, StreamExt};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use undertone_client_core::account::{Password, RegisterInput};
use undertone_client_core::change::Changes;
use undertone_client_core::platform::{NativePlatform, Zone};
use undertone_client_core::store::{StoreKey, StoreLocation};
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::transport::native::NativeTransport;
use undertone_client_core::view::SessionView;
use undertone_client_core::{Client, ClientOptions};
use undertone_server::clock::SystemClock;
use undertone_server::{Config, Environment, RunningServer};
use undertone_wire::server_info::{RegistrationPolicy, SetupRequest};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const PASSWORD: &str = "seven quiet lanterns over harbour";

/// A server on a runtime of its own.
struct Server {
    running: RunningServer,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // A runtime is not waited for inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Server {
    async fn start(folder: &Path) -> Self {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let config = Config {
            listen: None,
            http_loopback: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            limit_scale: NonZeroU32::new(1000).unwrap(),
            ..Config::new(folder)
        };
        let environment = Environment {
            clock: Arc::new(SystemClock::start()),
            checkpoints: undertone_server::Checkpoints::default(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let starting = runtime.spawn(undertone_server::start(config, environment));
        Self {
            running: starting.await.unwrap().unwrap(),
            runtime: Some(runtime),
        }
    }

    async fn client(&self, folder: &Path, name: &str) -> Client {
        let url = self.running.loopback_url().trim_end_matches('/').to_owned();
        let options = ClientOptions {
            server_url: url.clone(),
            store: StoreLocation::File(folder.join(format!("{name}.db"))),
            store_key: StoreKey::from_bytes([7; 32]),
            platform: Rc::new(NativePlatform::new()),
            transport: Rc::new(NativeTransport::new(&url, None).unwrap()),
            checkpoints: Checkpoints::default(),
        };
        Client::open(options).await.unwrap()
    }

    async fn register(&self, folder: &Path, name: &str) -> Client {
        let client = self.client(folder, name).await;
        let setup = (name == "Ada").then(|| SetupRequest {
            token: self.running.setup_token().unwrap().to_owned(),
            server_name: "Harbour".to_owned(),
            registration: RegistrationPolicy::Open,
        });
        let input = RegisterInput {
            name: name.to_owned(),
            password: Password::new(PASSWORD.to_owned()).unwrap(),
            invitation: None,
            setup,
        };
        client.register(input).await.unwrap();
        client.start();
        client
    }
}

/// Somebody at a screen.
struct Desk {
    session: Session,
    changes: Changes,
    terminal: Terminal<TestBackend>,
}

impl Desk {
    fn new(client: Client, log: Option<PathBuf>) -> Self {
        let log = LogArgs {
            log,
            log_passphrase_file: None,
        };
        let changes = client.changes();
        let transcripts = Transcripts::begin(&log).unwrap();
        Self {
            session: Session::new(client, Zone::utc(), transcripts).unwrap(),
            changes,
            terminal: Terminal::new(TestBackend::new(100, 24)).unwrap(),
        }
    }

    fn screen(&mut self) -> String {
        drawn(&mut self.terminal, &self.session.state)
    }

    async fn press(&mut self, code: KeyCode) {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        keys::press(&mut self.session, Event::Key(key)).await;
    }

    async fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c)).await;
        }
    }

    /// Types something and sends it.
    async fn says(&mut self, text: &str) {
        self.types(text).await;
        self.press(KeyCode::Enter).await;
        assert_eq!(self.session.state.notice, None, "after {text:?}");
    }

    /// Waits until the screen shows this.
    async fn sees(&mut self, words: &str) {
        let waiting = async {
            loop {
                while let Some(Some(change)) = self.changes.next().now_or_never() {
                    self.session.news(change).unwrap();
                }
                if drawn(&mut self.terminal, &self.session.state).contains(words) {
                    return;
                }
                let change = self.changes.next().await.unwrap();
                self.session.news(change).unwrap();
            }
        };
        let seen = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(seen.is_ok(), "no {words:?} on\n{}", self.screen());
    }
}

/// What a person sees: the cell under the second half of a wide character is not.
fn drawn(terminal: &mut Terminal<TestBackend>, state: &State) -> String {
    let frame = terminal.draw(|frame| screen::draw(frame, state)).unwrap();
    let width = usize::from(frame.area.width);
    let rows = frame.buffer.content().chunks(width);
    rows.map(|row| {
        let mut text = String::new();
        let mut covered = 0;
        for cell in row {
            if covered == 0 {
                text.push_str(cell.symbol());
                covered = ratatui::text::Span::raw(cell.symbol()).width();
            }
            covered = covered.saturating_sub(1);
        }
        text.trim_end().to_owned() + "\n"
    })
    .collect()
}

fn tell(story: impl AsyncFnOnce(Server, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let tasks = tokio::task::LocalSet::new();
        let telling = async {
            let server = Server::start(&folder.path().join("server")).await;
            story(server, folder.path()).await;
        };
        tasks.run_until(telling).await;
    });
}

#[test]
fn two_people_talk_by_keys() {
    tell(async |server, folder| {
        let ada_client = server.register(folder, "Ada").await;
        let bob_client = server.register(folder, "Bob").await;
        let mut ada = Desk::new(ada_client, Some(folder.join("log")));
        let mut bob = Desk::new(bob_client, None);

        assert!(ada.screen().contains("Nobody yet"));
        ada.says("/open bob").await;
        ada.says("hello **Bob**, ||guess||").await;
        ada.sees("hello Bob, ▒▒▒▒▒  ✓").await;

        bob.sees("? Ada").await;
        bob.sees(&unread("Ada", 1)).await;
        bob.press(KeyCode::Tab).await;
        bob.press(KeyCode::Enter).await;
        bob.sees("hello Bob, ▒▒▒▒▒").await;
        bob.sees("(a stranger: /accept or /ignore)").await;
        assert!(!bob.screen().contains(&unread("Ada", 1)), "it was read");
        bob.says("/accept").await;
        assert!(!bob.screen().contains("a stranger"));
        bob.press(KeyCode::Up).await;
        assert!(
            bob.screen().contains("guess"),
            "a chosen message shows what it hides"
        );
        bob.types("r").await;
        bob.says("hi **there**").await;
        ada.sees("┌ Ada: hello Bob, ▒▒▒▒▒").await;
        ada.sees("hi there").await;

        ada.says("/react 👍").await;
        bob.sees("👍 1").await;
        bob.says("/edit good morning").await;
        ada.sees("good morning").await;
        ada.sees("edited").await;

        bob.says("evil \u{202e}names").await;
        ada.sees("names").await;
        assert!(!ada.screen().contains('\u{202e}'));
        bob.says("/delete").await;
        ada.sees("(deleted)").await;

        ada.says("/search hello").await;
        ada.sees("1 found: hello").await;
        ada.press(KeyCode::Enter).await;
        assert_eq!(ada.session.state.focus, Focus::Timeline);
        assert!(ada.screen().contains("guess"), "what was found is chosen");
        ada.press(KeyCode::End).await;

        a_file_goes_along(&mut ada, &mut bob, folder).await;

        ada.types("/dance").await;
        ada.press(KeyCode::Enter).await;
        assert!(ada.screen().contains("There is no command /dance"));
        ada.session.state.composer.set("unfinished");
        ada.session.finish().unwrap();
        let mut again = Desk::new(ada.session.client.clone(), None);
        again.session.open_chosen().unwrap();
        assert_eq!(again.session.state.composer.text(), "unfinished");

        let logs: Vec<_> = std::fs::read_dir(folder.join("log")).unwrap().collect();
        assert_eq!(logs.len(), 1);
        let log = std::fs::read_to_string(logs[0].as_ref().unwrap().path()).unwrap();
        assert!(
            log.contains("Ada: hello **Bob**, ||guess||") && log.contains("hi **there**"),
            "{log}"
        );
    });
}

/// Ada attaches a file, and Bob saves it.
async fn a_file_goes_along(ada: &mut Desk, bob: &mut Desk, folder: &Path) {
    let path = folder.join("note one.txt");
    std::fs::write(&path, "a note").unwrap();
    ada.says(&format!("/attach \"{}\" see this", path.display()))
        .await;
    bob.sees("[note one.txt, 6 B").await;
    let saved = folder.join("saved");
    std::fs::create_dir(&saved).unwrap();
    bob.types(&format!("/save {}", saved.display())).await;
    bob.press(KeyCode::Enter).await;
    let kept = std::fs::read_to_string(saved.join("note one.txt")).unwrap();
    assert_eq!(kept, "a note");
    let notice = bob.session.state.notice.as_deref().unwrap();
    assert!(notice.contains("note one.txt"), "{notice}");
}

/// How the list shows somebody of whom so many messages were not read.
fn unread(name: &str, count: u32) -> String {
    let line = format!("? {name}");
    let space = 27 - line.len() - count.to_string().len();
    format!("{line}{}{count}", " ".repeat(space))
}

#[test]
fn a_group_of_a_stranger_is_left_and_all_that_came_in_an_absence_is_written_down() {
    tell(async |server, folder| {
        let ada = server.register(folder, "Ada").await;
        let bob_client = server.register(folder, "Bob").await;
        let talk = bob_client.open_direct_by_name("Ada").await.unwrap();
        let SessionView::SignedIn { user: bob_id, .. } = bob_client.session() else {
            panic!("signed out");
        };
        until(&ada, |ada| !ada.conversations().unwrap().is_empty()).await;
        let mut bob = Desk::new(bob_client, Some(folder.join("log")));
        // More than is read at once, while nobody looks.
        let last = super::session::PAGE + 20;
        for number in 0..last {
            let key = undertone_client_core::MessageKey::random(&mut rand::rngs::OsRng);
            ada.send_text(talk, key, format!("number {number}.").as_str())
                .await
                .unwrap();
        }
        until(&bob.session.client, |client| {
            client.conversations().unwrap()[0].unread == last
        })
        .await;
        bob.session.write_transcript(talk).unwrap();
        let log = std::fs::read_dir(folder.join("log")).unwrap().next().unwrap();
        let log = std::fs::read_to_string(log.unwrap().path()).unwrap();
        for number in 0..last {
            assert_eq!(log.matches(&format!("number {number}.")).count(), 1, "{number}");
        }

        bob.session.client.block(ada_of(&bob), true).unwrap();
        ada.create_group("Offers", &[bob_id]).await.unwrap();
        bob.sees("? Offers").await;
        bob.session.open_named("Offers").await.unwrap();
        bob.sees("(a stranger added you: /accept or /ignore)").await;
        bob.says("/ignore").await;
        bob.sees("# Offers").await;
        assert_eq!(bob.session.state.open, None);
    });
}

/// Waits until a client knows something, without anybody looking at its screen.
async fn until(client: &Client, holds: impl Fn(&Client) -> bool) {
    let mut changes = client.changes();
    let waiting = async {
        while !holds(client) {
            changes.next().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

/// Ada, as Bob knows her.
fn ada_of(bob: &Desk) -> undertone_wire::UserId {
    let known = bob.session.client.contacts().unwrap();
    known
        .iter()
        .find(|person| person.user_name == "Ada")
        .unwrap()
        .user
}

#[test]
fn control_c_ends_it() {
    tell(async |server, folder| {
        let client = server.register(folder, "Ada").await;
        let mut desk = Desk::new(client, None);
        let (keyboard, keys) = tokio::sync::mpsc::unbounded_channel();
        let control = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
        keyboard.send(Event::Paste("half a word".to_owned())).unwrap();
        keyboard.send(control('c')).unwrap();
        super::run(&mut desk.session, &mut desk.terminal, keys)
            .await
            .unwrap();
        assert!(desk.session.state.quits);
        assert_eq!(desk.session.state.composer.text(), "half a word");
    });
}

#[test]
fn a_small_screen_shows_one_thing_at_a_time() {
    let mut state = State::new(Zone::utc());
    let mut terminal = Terminal::new(TestBackend::new(40, 8)).unwrap();
    assert!(drawn(&mut terminal, &state).contains("Nobody yet"));
    state.open = Some(undertone_wire::ConversationId::from_bytes([1; 16]));
    state.composer.insert("one\ntwo\nthree");
    let shown = drawn(&mut terminal, &state);
    assert!(
        !shown.contains("Nobody yet") && shown.contains("> three"),
        "{shown}"
    );
    state.focus = Focus::List;
    assert!(drawn(&mut terminal, &state).contains("Nobody yet"));
    terminal.backend_mut().resize(100, 8);
    let wide = drawn(&mut terminal, &state);
    assert!(wide.contains("Nobody yet") && wide.contains("> three"), "{wide}");
    terminal.backend_mut().resize(3, 2);
    drawn(&mut terminal, &state);
}

#[test]
fn help_names_every_command() {
    let mut state = State::new(Zone::utc());
    state.over = super::state::Over::Help;
    let mut terminal = Terminal::new(TestBackend::new(90, 40)).unwrap();
    let shown = drawn(&mut terminal, &state);
    for (command, _) in super::command::HELP {
        assert!(shown.contains(command), "{command}");
    }
}
