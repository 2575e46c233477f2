//! Devices that are woken: a client, a server, and a push service of the test's own, which counts what it
//! gets and answers as it is told. That nothing is in a push is tested at the server.

use anyhow::{Context, Result, bail, ensure};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::view::{NotifyLevel, SessionView, Strangers};
use undertone_system_tests::{Actor, World, stories};
use undertone_wire::push::{PushSubscription, PushTestResult};
use undertone_wire::{Bytes, ConversationId};

/// So long a push may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// A browser's key: the base point of P-256. Nobody opens what is sealed for it here.
const KEY: &str = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

/// A push service. When it is not told how to answer, it takes everything.
struct Service {
    url: String,
    answers: Rc<RefCell<VecDeque<&'static str>>>,
    /// The paths that were asked for.
    pushes: RefCell<mpsc::UnboundedReceiver<String>>,
    task: JoinHandle<()>,
}

impl Service {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (sender, pushes) = mpsc::unbounded_channel();
        let answers = Rc::new(RefCell::new(VecDeque::new()));
        let told = Rc::clone(&answers);
        let task = tokio::task::spawn_local(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Ok(path) = request(&mut stream).await {
                    let status = told.borrow_mut().pop_front().unwrap_or("201 Created");
                    let answer =
                        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    // Whoever asked may be gone.
                    let _answered = stream.write_all(answer.as_bytes()).await;
                    let _kept = sender.send(path);
                }
            }
        });
        Ok(Self {
            url,
            answers,
            pushes: RefCell::new(pushes),
            task,
        })
    }

    fn subscription(&self, device: &str) -> Result<PushSubscription> {
        Ok(PushSubscription {
            endpoint: format!("{}/{device}", self.url),
            p256dh: Bytes(data_encoding::BASE64URL_NOPAD.decode(KEY.as_bytes())?),
            auth: Bytes(vec![7; 16]),
        })
    }

    fn answers_next(&self, status: &'static str) {
        self.answers.borrow_mut().push_back(status);
    }

    /// The next push goes to this device.
    #[expect(
        clippy::await_holding_refcell_ref,
        reason = "a story does one thing at a time"
    )]
    async fn wakes(&self, device: &str) -> Result<()> {
        let next = tokio::time::timeout(PATIENCE, async { self.pushes.borrow_mut().recv().await });
        let path = next
            .await
            .context("nobody is woken")?
            .context("the service ended")?;
        ensure!(
            path == format!("/{device}"),
            "{path} is woken in place of {device}"
        );
        Ok(())
    }

    /// Nobody was woken but whom the story saw.
    fn is_quiet(&self) -> bool {
        self.pushes.borrow_mut().try_recv().is_err()
    }

    /// Nobody is there any more.
    async fn ends(&self) {
        self.task.abort();
        while !self.task.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

/// Reads a request to its end; gives its path.
async fn request(stream: &mut TcpStream) -> Result<String> {
    let mut read = Vec::new();
    loop {
        let head = read.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = head {
            let text = String::from_utf8(read.get(..end).context("no head")?.to_vec())?.to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Ok(0), |length| length.trim().parse())?;
            if read.len() >= end + 4 + length {
                let path = text.split(' ').nth(1);
                return Ok(path.context("no path")?.to_owned());
            }
        }
        ensure!(stream.read_buf(&mut read).await? > 0, "half a request");
    }
}

/// The server knows that these conversations wake the device, and no others.
async fn wishes_for(actor: &Actor, conversations: &[ConversationId]) -> Result<()> {
    let what = format!("the server knows what wakes {}", actor.name());
    actor
        .until(&what, |client| {
            let told = client.push_wishes().map(|wishes| wishes.conversations);
            let told = told.unwrap_or_default().into_iter();
            let told: Vec<_> = told.map(|wish| wish.conversation).collect();
            Ok((told == conversations).then_some(()))
        })
        .await
}

/// The server has looked at all that happened before: two others were woken, one after the other.
async fn others_are_woken(world: &World, service: &Service, by: &Actor) -> Result<()> {
    for name in ["Eve", "Finn"] {
        let other = world.user(name).await?;
        other.client()?.set_strangers(Strangers::Directly)?;
        let subscription = service.subscription(&name.to_lowercase())?;
        other.client()?.push_subscribe(subscription).await?;
        other.kill();
        by.opens(name).await?;
        service.wakes(&name.to_lowercase()).await?;
    }
    Ok(())
}

async fn tested(actor: &Actor) -> Result<PushTestResult> {
    Ok(actor.client()?.push_test().await?)
}

stories! {
    async fn a_device_that_is_away_is_woken_until_it_no_longer_wants_that(world: &World) -> Result<()> {
        let service = Service::start().await?;
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        ensure!(bob.client()?.push_info().await?.public_key.len() == 87, "no key of P-256");
        ensure!(tested(&bob).await? == PushTestResult::NotSubscribed);
        bob.client()?.push_subscribe(service.subscription("bob")?).await?;
        ensure!(tested(&bob).await? == PushTestResult::Accepted);
        service.wakes("bob").await?;
        let talk = ada.opens("Bob").await?;
        ada.sends(talk, "are you here?").await?;
        bob.sees(talk, &[("Ada", "are you here?")]).await?;
        bob.sends(talk, "yes").await?;
        ada.reads(talk, "Bob", "yes").await?;
        ada.sees_online("Bob", true).await?;
        ensure!(service.is_quiet(), "somebody was woken who is here");

        wishes_for(&bob, &[talk]).await?;
        bob.kill();
        ada.sees_online("Bob", false).await?;
        ada.sends(talk, "and now?").await?;
        service.wakes("bob").await?;
        bob.start(Checkpoints::default()).await?;
        bob.reads(talk, "Ada", "and now?").await?;
        bob.client()?.push_unsubscribe().await?;
        ensure!(tested(&bob).await? == PushTestResult::NotSubscribed);
        ensure!(service.is_quiet(), "it was woken all the same");
        Ok(())
    }

    async fn what_would_not_be_announced_wakes_nobody(world: &World) -> Result<()> {
        let service = Service::start().await?;
        let (ada, bob, cleo) = (world.user("Ada").await?, world.user("Bob").await?, world.user("Cleo").await?);
        // He knows Ada, and has asked for no more of Cleo.
        let talk = bob.opens("Ada").await?;
        bob.sends(talk, "are you here?").await?;
        ada.sees(talk, &[("Bob", "are you here?")]).await?;
        let noise = bob.opens("Cleo").await?;
        bob.sends(noise, "hello").await?;
        cleo.sees(noise, &[("Bob", "hello")]).await?;
        bob.client()?.push_subscribe(service.subscription("bob")?).await?;
        bob.client()?.set_notify(noise, Some(NotifyLevel::Nothing), None)?;
        wishes_for(&bob, &[talk]).await?;
        let his = bob.user()?;
        bob.kill();
        ada.sees_online("Bob", false).await?;

        // A receipt, a reaction, an edit; what is muted; what a stranger begins.
        ada.client()?.mark_read(talk)?;
        let first = ada.messages(talk)?.first().context("nothing")?.key;
        ada.client()?.react(first, "\u{1f44d}", true)?;
        cleo.sends(noise, "and?").await?;
        let dan = world.user("Dan").await?;
        let request = dan.opens("Bob").await?;
        dan.sends(request, "buy this").await?;
        dan.client()?.create_group("Offers", &[his]).await?;
        others_are_woken(world, &service, &dan).await?;
        ada.sends(talk, "now I am").await?;
        service.wakes("bob").await?;
        // All of it waits for him, and one thing woke him.
        bob.start(Checkpoints::default()).await?;
        bob.reads(talk, "Ada", "now I am").await?;
        bob.reads(request, "Dan", "buy this").await?;
        ensure!(service.is_quiet(), "it was woken for something else, too");
        Ok(())
    }

    async fn a_test_says_how_far_it_came(world: &World) -> Result<()> {
        let service = Service::start().await?;
        let bob = world.user("Bob").await?;
        let subscription = service.subscription("bob")?;
        for (status, result) in [
            ("403 Forbidden", PushTestResult::Refused),
            ("201 Created", PushTestResult::Accepted),
            ("410 Gone", PushTestResult::Gone),
        ] {
            bob.client()?.push_subscribe(subscription.clone()).await?;
            service.answers_next(status);
            let found = tested(&bob).await?;
            ensure!(found == result, "{status} is {found:?}");
            service.wakes("bob").await?;
        }
        ensure!(tested(&bob).await? == PushTestResult::NotSubscribed, "what is gone was kept");
        bob.client()?.push_subscribe(subscription).await?;
        service.ends().await;
        ensure!(tested(&bob).await? == PushTestResult::Unreachable);
        Ok(())
    }

    async fn what_is_no_push_service_is_refused_and_changes_nothing(world: &World) -> Result<()> {
        let service = Service::start().await?;
        let bob = world.user("Bob").await?;
        let good = service.subscription("bob")?;
        bob.client()?.push_subscribe(good.clone()).await?;
        for bad in [
            PushSubscription { endpoint: "file:///etc/passwd".to_owned(), ..good.clone() },
            PushSubscription { p256dh: Bytes(vec![4; 65]), ..good.clone() },
            PushSubscription { auth: Bytes(vec![7; 15]), ..good },
        ] {
            let refused = bob.client()?.push_subscribe(bad).await;
            ensure!(refused.is_err_and(|error| error.code() == "bad_request"));
        }
        ensure!(tested(&bob).await? == PushTestResult::Accepted);
        service.wakes("bob").await
    }

    async fn a_retired_device_is_woken_no_more(world: &World) -> Result<()> {
        let service = Service::start().await?;
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        bob.client()?.push_subscribe(service.subscription("laptop")?).await?;
        let phone = world.device("Bob").await?;
        phone.logs_in().await?;
        phone.key_packages_are_there().await?;
        ensure!(tested(&phone).await? == PushTestResult::NotSubscribed, "each device for itself");
        phone.client()?.push_subscribe(service.subscription("phone")?).await?;
        let laptop = match bob.client()?.session() {
            SessionView::SignedIn { device, .. } => device,
            SessionView::SignedOut { .. } => bail!("signed out"),
        };
        phone.client()?.retire_device(laptop).await?;
        ensure!(tested(&bob).await.is_err(), "its session goes on");
        bob.kill();
        let talk = ada.opens("Bob").await?;
        ada.sends(talk, "are you here?").await?;
        phone.sees(talk, &[("Ada", "are you here?")]).await?;
        phone.client()?.accept(talk)?;
        wishes_for(&phone, &[talk]).await?;
        phone.kill();
        ada.sends(talk, "and now?").await?;
        service.wakes("phone").await?;
        ensure!(service.is_quiet(), "the laptop was woken, too");
        Ok(())
    }
}
