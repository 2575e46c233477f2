//! Three people on three machines, and the server on a fourth: network namespaces on one switch. Cables are
//! pulled and plugged in, whole ones and single directions, while each pair talks. Where namespaces are not
//! permitted the story is skipped, and says so.

use anyhow::{Context, Result, ensure};
use std::rc::Rc;
use undertone_client_core::view::MessageStateView;
use undertone_system_tests::{Actor, HARBOUR, History, Machine, Machines, Shown, story_of_machines};
use undertone_wire::ConversationId;

/// A conversation of some of the three, and all that was written in it.
struct Talk<'a> {
    id: ConversationId,
    people: Vec<&'a Machine>,
    history: History,
}

impl Talk<'_> {
    /// Everybody in it writes a line, without waiting for the network.
    async fn all_write(&mut self, what: &str) -> Result<()> {
        for machine in &self.people {
            let (id, text) = (self.id, format!("{} {what}", machine.name()));
            self.history.note(machine.name(), &text, true);
            let write = async move |actor: Rc<Actor>| actor.writes(id, &text).await;
            machine.does(write).await?;
        }
        Ok(())
    }

    /// Waits until everybody shows everything.
    async fn all_is_there(&self) -> Result<()> {
        for machine in &self.people {
            self.is_there(machine, self.history.promised()).await?;
        }
        Ok(())
    }

    /// Waits until so many lines are delivered at one machine.
    async fn is_there(&self, machine: &Machine, count: usize) -> Result<()> {
        let id = self.id;
        machine
            .does(async move |actor: Rc<Actor>| {
                let what = format!("{} has {count} lines", actor.name());
                let there = |_: &_| Ok((actor.acknowledged(id)?.len() >= count).then_some(()));
                actor.until(&what, there).await
            })
            .await
    }

    /// How many lines are delivered at one machine now.
    async fn count_at(&self, machine: &Machine) -> Result<usize> {
        let id = self.id;
        let count = async move |actor: Rc<Actor>| Ok(actor.acknowledged(id)?.len());
        machine.does(count).await
    }

    /// Asks everybody what they show, and checks it.
    async fn check(&mut self) -> Result<()> {
        let id = self.id;
        for machine in &self.people {
            let shown: Shown = machine
                .does(async move |actor: Rc<Actor>| actor.shown(id))
                .await?;
            self.history.shown.push(shown);
        }
        Ok(self.history.check()?)
    }
}

/// One conversation for each pair, and one of all three.
async fn talks<'a>(ada: &'a Machine, bob: &'a Machine, cleo: &'a Machine) -> Result<Vec<Talk<'a>>> {
    let mut talks = Vec::new();
    for (one, other) in [(ada, bob), (bob, cleo), (cleo, ada)] {
        let (here, there) = (one.name(), other.name());
        let id = one
            .does(async move |actor: Rc<Actor>| actor.opens(there).await)
            .await?;
        let find = async move |actor: Rc<Actor>| actor.finds_conversation_with(here).await;
        other.does(find).await?;
        talks.push(Talk {
            id,
            people: vec![one, other],
            history: History::default(),
        });
    }
    let crew = ada
        .does(async |actor: Rc<Actor>| {
            let client = actor.client()?;
            let mut others = Vec::new();
            for name in ["Bob", "Cleo"] {
                others.push(
                    actor
                        .finds_conversation_with(name)
                        .await?
                        .peer
                        .context("no peer")?
                        .user,
                );
            }
            Ok(client.create_group("Crew", &others).await?)
        })
        .await?;
    for machine in [bob, cleo] {
        let find = async |actor: Rc<Actor>| actor.finds_conversation_with("Crew").await;
        machine.does(find).await?;
    }
    talks.push(Talk {
        id: crew,
        people: vec![ada, bob, cleo],
        history: History::default(),
    });
    Ok(talks)
}

async fn all_write(talks: &mut [Talk<'_>], what: &str) -> Result<()> {
    for talk in talks {
        talk.all_write(what).await?;
    }
    Ok(())
}

async fn all_is_there(talks: &[Talk<'_>]) -> Result<()> {
    for talk in talks {
        talk.all_is_there().await?;
    }
    Ok(())
}

#[test]
fn three_people_on_three_machines_talk_in_pairs_while_cables_are_pulled() -> Result<()> {
    story_of_machines(&["Ada", "Bob", "Cleo"], async |machines: &Machines| {
        let network = &machines.network;
        let (ada, bob, cleo) = (machines.of("Ada")?, machines.of("Bob")?, machines.of("Cleo")?);
        let mut talks = talks(ada, bob, cleo).await?;
        all_write(&mut talks, "begins").await?;
        all_is_there(&talks).await?;

        network.cut("Bob")?;
        all_write(&mut talks, "writes while Bob is cut off").await?;
        let without_bob = talks.get(2).context("Cleo and Ada")?;
        without_bob.all_is_there().await?;
        let with_bob = talks.first().context("Ada and Bob")?;
        ensure!(with_bob.count_at(bob).await? == 2, "Bob is not cut off");
        network.mend("Bob")?;
        all_is_there(&talks).await?;

        network.cut(HARBOUR)?;
        all_write(&mut talks, "writes while the server is cut off").await?;
        network.mend(HARBOUR)?;
        all_is_there(&talks).await?;

        network.mute("Ada", HARBOUR)?;
        all_write(&mut talks, "writes while Ada is not heard").await?;
        let with_ada = talks.get(2).context("Cleo and Ada")?;
        // Of the two lines only Cleo's comes to the server; and it does come to Ada.
        with_ada.is_there(cleo, with_ada.history.promised() - 1).await?;
        with_ada.is_there(ada, with_ada.history.promised() - 1).await?;
        network.unmute("Ada", HARBOUR)?;
        all_is_there(&talks).await?;

        network.mute(HARBOUR, "Ada")?;
        all_write(&mut talks, "writes while Ada hears nothing").await?;
        let with_ada = talks.get(2).context("Cleo and Ada")?;
        // Cleo has both lines, and Ada cannot know that hers was stored.
        with_ada.is_there(cleo, with_ada.history.promised()).await?;
        let id = with_ada.id;
        let unsure = ada.does(async move |actor: Rc<Actor>| {
            let messages = actor.messages(id)?;
            Ok(messages
                .iter()
                .filter(|message| message.state != MessageStateView::Sent)
                .count())
        });
        ensure!(unsure.await? == 1, "Ada heard something");
        network.unmute(HARBOUR, "Ada")?;
        all_is_there(&talks).await?;

        for talk in &mut talks {
            talk.check().await?;
        }
        Ok(())
    })
}
