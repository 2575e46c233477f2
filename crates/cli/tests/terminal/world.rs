//! A real server and real profiles, each a process of the real binary.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Stories are told faster than people live, unless a story is about that.
const FAST: [&str; 2] = ["--limit-scale", "1000"];

/// The binary, without what the environment of the test says.
fn undertone() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    for name in ["PROFILE", "CA", "SERVER", "PASSPHRASE", "PASSWORD"] {
        command.env_remove(format!("UNDERTONE_{name}"));
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A process that is killed when the test ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A server on this machine, on an embedded database.
pub(crate) struct Server {
    folder: TempDir,
    process: Option<Process>,
    pub(crate) url: String,
    pub(crate) setup_token: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&FAST)
    }

    /// With these options.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = [options, &plain("127.0.0.1:0")].concat();
        let (process, ready) = serve_logging(&folder, &options, "error", Stdio::inherit());
        Self::new(folder, process, &ready["local"], &ready["setup_token"])
    }

    /// With a certificate authority of its own, and no plain address.
    pub(crate) fn start_with_tls() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, ready) = serve(&folder, &["--http-loopback", "none", "--listen", "127.0.0.1:0"]);
        Self::new(folder, process, &ready["network"][0], &ready["setup_token"])
    }

    /// With everything that it would ever log, in a file of its data directory.
    pub(crate) fn start_talkative() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let log = std::fs::File::create(folder.path().join("data/log")).unwrap();
        let (process, ready) = serve_logging(
            &folder,
            &[&FAST[..], &plain("127.0.0.1:0")].concat(),
            "trace",
            log.into(),
        );
        Self::new(folder, process, &ready["local"], &ready["setup_token"])
    }

    /// All that it stores.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.as_ref().unwrap().0.id()
    }

    fn new(folder: TempDir, process: Process, url: &Value, setup_token: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().trim_end_matches('/').to_owned();
        Self {
            folder,
            process: Some(process),
            url: text(url),
            setup_token: text(setup_token),
        }
    }

    /// The file of its certificate authority.
    pub(crate) fn ca(&self) -> String {
        self.folder
            .path()
            .join("data/tls/ca.crt")
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// As by `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// At the same address, with the same data.
    pub(crate) fn start_again(&mut self) {
        let port = self.url.rsplit(':').next().unwrap();
        let (process, _) = serve(&self.folder, &plain(&format!("127.0.0.1:{port}")));
        self.process = Some(process);
    }

    /// With another data directory from now on.
    pub(crate) fn move_to(&mut self, folder: TempDir) {
        self.kill();
        self.folder = folder;
    }

    /// The first administrator, who lets everybody register.
    pub(crate) fn first(&self, name: &str) -> Profile {
        let profile = Profile::new();
        let setup = [
            "--setup-token",
            &self.setup_token,
            "--server-name",
            "Harbour",
            "--registration",
            "open",
        ];
        profile.ok(&[&["register", name, "--server", &self.url][..], &setup].concat());
        profile
    }

    /// Somebody else.
    pub(crate) fn user(&self, name: &str) -> Profile {
        Self::user_by(&self.url, name)
    }

    /// Somebody else, who reaches the server by another address.
    pub(crate) fn user_by(url: &str, name: &str) -> Profile {
        let profile = Profile::new();
        profile.ok(&["register", name, "--server", url]);
        profile
    }
}

/// A plain address, and no other.
fn plain(address: &str) -> [&str; 6] {
    ["--tls", "off", "--listen", "none", "--http-loopback", address]
}

fn serve(folder: &TempDir, addresses: &[&str]) -> (Process, Value) {
    serve_logging(folder, &[&FAST, addresses].concat(), "error", Stdio::inherit())
}

fn serve_logging(folder: &TempDir, options: &[&str], level: &str, log: Stdio) -> (Process, Value) {
    let mut command = undertone();
    command.args(["serve", "--json", "--log", level]).args(options);
    command.arg("--data").arg(folder.path().join("data"));
    let mut child = command.stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (Process(child), serde_json::from_str(&line).expect(&line))
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    /// The code of the one error on standard error.
    pub(crate) fn error_code(&self) -> String {
        let error: Value = serde_json::from_str(self.err.trim()).expect(&self.err);
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
        error["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// Runs a verb that looks after a server's data, whatever comes of it.
pub(crate) fn on_server(args: &[&str]) -> Said {
    said(undertone().args(args), "")
}

/// Runs a verb of `undertone admin`, whatever comes of it.
pub(crate) fn admin(args: &[&str]) -> Said {
    said(undertone().arg("admin").args(args), "")
}

/// One device of someone.
pub(crate) struct Profile {
    folder: TempDir,
}

impl Profile {
    /// One that nobody has signed in to.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("profile")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = undertone();
        command
            .args(args)
            .arg("--profile")
            .arg(self.path())
            .env("UNDERTONE_PASSWORD", PASSWORD);
        command
    }

    /// Runs a verb with `--json`, whatever comes of it.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        said(self.command(args).arg("--json"), "")
    }

    /// Runs a verb with `--json` that gets this on standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Said {
        said(self.command(args).arg("--json"), input)
    }

    /// Runs a verb that must work; gives its lines.
    pub(crate) fn lines(&self, args: &[&str]) -> Vec<Value> {
        let said = self.run(args);
        assert_eq!(said.code, Some(0), "{args:?}: {said:?}");
        assert_eq!(said.err, "", "{args:?}");
        said.lines()
    }

    /// Runs a verb that must work and print one object.
    pub(crate) fn ok(&self, args: &[&str]) -> Value {
        let mut lines = self.lines(args);
        assert_eq!(lines.len(), 1, "{args:?}: {lines:?}");
        lines.remove(0)
    }

    /// Runs a verb that must fail; gives exit code and error code.
    pub(crate) fn fails(&self, args: &[&str]) -> (i32, String) {
        let said = self.run(args);
        assert_eq!(said.out, "", "{args:?}");
        (said.code.unwrap(), said.error_code())
    }

    /// Runs a verb that must work as people do; gives what it says on standard output and standard error.
    pub(crate) fn says(&self, args: &[&str]) -> (String, String) {
        let said = said(&mut self.command(args), "");
        assert_eq!(said.code, Some(0), "{args:?}: {said:?}");
        (said.out, said.err)
    }

    pub(crate) fn texts(&self, args: &[&str]) -> Vec<String> {
        self.lines(args)
            .iter()
            .map(|line| line["text"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn watch(&self) -> Watch {
        self.watch_with(&[])
    }

    pub(crate) fn watch_with(&self, args: &[&str]) -> Watch {
        let mut child = self
            .command(&[&["watch", "--json"], args].concat())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).expect(&line)).is_err() {
                    break;
                }
            }
        });
        Watch {
            process: Process(child),
            lines,
        }
    }
}

fn said(command: &mut Command, input: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// A running `watch`.
pub(crate) struct Watch {
    process: Process,
    lines: Receiver<Value>,
}

impl Watch {
    /// The next event of this kind; others are passed over.
    pub(crate) fn next(&self, kind: &str) -> Value {
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no event {kind}"));
            if line["event"] == kind {
                return line;
            }
        }
    }

    /// All events up to the next of this kind.
    pub(crate) fn up_to(&self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Value| event["event"] != kind) {
            let event = self.lines.recv_timeout(PATIENCE);
            events.push(event.unwrap_or_else(|_| panic!("no event {kind}")));
        }
        events
    }

    /// The next connection event with this state.
    pub(crate) fn connection(&self, state: &str) {
        while self.next("connection")["state"] != state {}
    }

    /// Ends it as a service manager would; gives the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let id = self.process.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.process.0.wait().unwrap().code()
    }
}
