//! People on machines of their own, and a server on another, which they reach over a network with TLS. Each
//! machine is a thread that lives in its part of the network; a story tells it what its person does.

use crate::actor::Actor;
use crate::network::Network;
use crate::world::{Server, in_one_thread, launch};
use anyhow::{Context, Result};
use futures::future::LocalBoxFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use undertone_server::{Checkpoints, Config};

/// The machine with the server.
pub const HARBOUR: &str = "harbour";
/// Where it listens.
const PORT: u16 = 8443;

/// Something that a person does.
type Deed = Box<dyn FnOnce(Rc<Actor>) -> LocalBoxFuture<'static, ()> + Send>;

/// A machine with somebody who is signed in.
pub struct Machine {
    name: &'static str,
    deeds: Option<mpsc::UnboundedSender<Deed>>,
    thread: Option<std::thread::JoinHandle<Result<()>>>,
}

/// See the module.
pub struct Machines {
    /// The cables between them.
    pub network: Arc<Network>,
    people: Vec<Machine>,
    server: Option<Server>,
    folder: TempDir,
}

/// What a story about several machines is.
pub trait MachinesStory: AsyncFnOnce(&Machines) -> Result<()> {}
impl<F: AsyncFnOnce(&Machines) -> Result<()>> MachinesStory for F {}

/// Tells a story of these people, where several machines can be made; elsewhere says that it is skipped.
pub fn story_of_machines(people: &[&'static str], tell: impl MachinesStory) -> Result<()> {
    let names: Vec<&'static str> = [HARBOUR].iter().chain(people).copied().collect();
    let Some(network) = Network::lay(&names)? else {
        return Ok(());
    };
    in_one_thread(async {
        let machines = Machines::begin(Arc::new(network), people).await?;
        let told = tell(&machines).await;
        machines.end();
        told
    })
}

impl Machines {
    async fn begin(network: Arc<Network>, people: &[&'static str]) -> Result<Self> {
        let folder = TempDir::new()?;
        let address = SocketAddr::new(network.address(HARBOUR)?, PORT);
        let mut config = Config::for_tests(folder.path().join("server"));
        config.listen = Some(address);
        let ca = config.data_dir.join("tls/ca.crt");
        let mut server = None;
        network.on(HARBOUR, || {
            in_one_thread(async {
                let (running, _loopback) = launch(config, Checkpoints::default()).await?;
                server = Some(running);
                Ok(())
            })
        })?;
        let mut machines = Self {
            network,
            people: Vec::new(),
            server,
            folder,
        };
        for name in people {
            let device = Device {
                name,
                store: machines.folder.path().join(format!("{name}.db")),
                url: format!("https://{address}"),
                ca: ca.clone(),
            };
            let machine = Machine::start(Arc::clone(&machines.network), device).await?;
            machines.people.push(machine);
        }
        Ok(machines)
    }

    fn end(mut self) {
        self.people.clear();
        if let Some(server) = self.server.take() {
            server.end();
        }
    }

    /// The machine of that person.
    pub fn of(&self, name: &str) -> Result<&Machine> {
        let mut people = self.people.iter();
        let machine = people.find(|machine| machine.name == name);
        machine.with_context(|| format!("{name} has no machine"))
    }
}

/// What a person has.
struct Device {
    name: &'static str,
    store: PathBuf,
    url: String,
    ca: PathBuf,
}

impl Machine {
    /// Registers somebody at a machine with their name.
    async fn start(network: Arc<Network>, device: Device) -> Result<Self> {
        let (deeds, queue) = mpsc::unbounded_channel();
        let (ready, started) = oneshot::channel();
        let name = device.name;
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            network.enter(name)?;
            in_one_thread(live(device, queue, ready))
        })?;
        let machine = Self {
            name,
            deeds: Some(deeds),
            thread: Some(thread),
        };
        started
            .await
            .with_context(|| format!("{name} could not begin"))??;
        Ok(machine)
    }

    /// Whose it is.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Lets the person do something, and waits for it.
    pub async fn does<T, D, F>(&self, deed: D) -> Result<T>
    where
        T: Send + 'static,
        D: FnOnce(Rc<Actor>) -> F + Send + 'static,
        F: Future<Output = Result<T>>,
    {
        let (answer, outcome) = oneshot::channel();
        let deed: Deed = Box::new(move |actor| {
            Box::pin(async move {
                // Nobody listens any more if the story was given up.
                let _gone = answer.send(deed(actor).await);
            })
        });
        let deeds = self.deeds.as_ref().context("the machine is off")?;
        deeds.send(deed).ok().context("the machine is off")?;
        outcome
            .await
            .with_context(|| format!("{} was stopped", self.name))?
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.deeds = None;
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        if let Some(Ok(Err(error))) = ended {
            report(self.name, &error);
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "what went wrong on a machine is seen with the test's result"
)]
fn report(name: &str, error: &anyhow::Error) {
    println!("{name}: {error:#}");
}

/// A person's life: begins, does what comes, ends when nothing more can come.
async fn live(
    device: Device,
    mut deeds: mpsc::UnboundedReceiver<Deed>,
    ready: oneshot::Sender<Result<()>>,
) -> Result<()> {
    let begun = async {
        let actor = Actor::open_trusting(device.name, device.store, device.url, Some(device.ca)).await?;
        actor.register().await?;
        actor.key_packages_are_there().await?;
        Ok(Rc::new(actor))
    };
    let actor = match begun.await {
        Ok(actor) => {
            ready.send(Ok(())).ok().context("nobody waits")?;
            actor
        }
        Err(error) => return ready.send(Err(error)).ok().context("nobody waits"),
    };
    while let Some(deed) = deeds.recv().await {
        tokio::task::spawn_local(deed(Rc::clone(&actor)));
    }
    Ok(())
}
