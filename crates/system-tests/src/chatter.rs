//! People who talk while things go wrong, and the history of it: what they wrote, and in the end what each
//! of them shows. It breaks nothing itself.

use crate::actor::Actor;
use crate::gathering::all_are_together;
use crate::history::History;
use anyhow::Result;
use undertone_wire::ConversationId;

/// A conversation, those who talk in it, and all that they wrote.
pub struct Chatter<'a> {
    /// The conversation.
    pub talk: ConversationId,
    people: Vec<&'a Actor>,
    number: u32,
    history: History,
}

impl<'a> Chatter<'a> {
    /// People who are in the conversation.
    pub fn new(talk: ConversationId, people: &[&'a Actor]) -> Self {
        Self {
            talk,
            people: people.to_vec(),
            number: 0,
            history: History::default(),
        }
    }

    /// Two people who met.
    pub async fn of_two(one: &'a Actor, other: &'a Actor) -> Result<Self> {
        other.key_packages_are_there().await?;
        let talk = one.opens(other.name()).await?;
        other.finds_conversation_with(one.name()).await?;
        Ok(Self::new(talk, &[one, other]))
    }

    /// One of them writes the next line, without waiting for the network. If their client dies at it, nobody
    /// knows whether it was taken.
    pub async fn writes(&mut self, author: &Actor) -> bool {
        self.number += 1;
        let text = format!("{} writes line {}", author.name(), self.number);
        let taken = author.writes(self.talk, &text).await.is_ok();
        self.history.note(author.name(), &text, taken);
        taken
    }

    /// All of them write so many lines.
    pub async fn all_write(&mut self, lines: u32) {
        for _ in 0..lines {
            for author in self.people.clone() {
                self.writes(author).await;
            }
        }
    }

    /// Waits until everything that was promised is at everyone who lives.
    pub async fn all_is_there(&self) -> Result<()> {
        let promised = self.history.promised();
        // Everybody at first: somebody's lines may wait for somebody else, who waits before trying again.
        for actor in &self.people {
            actor.client()?.wake();
        }
        for actor in &self.people {
            let what = format!("{} has all {promised} lines", actor.name());
            actor
                .until(&what, |_| {
                    let there = self.history.promised_among(&actor.acknowledged(self.talk)?);
                    Ok((there >= promised).then_some(()))
                })
                .await?;
        }
        Ok(())
    }

    /// How many promised lines one of them shows as delivered.
    pub fn count_at(&self, actor: &Actor) -> Result<usize> {
        Ok(self.history.promised_among(&actor.acknowledged(self.talk)?))
    }

    /// The history so far, with what each of them shows now.
    pub fn history(&self) -> Result<History> {
        let mut history = self.history.clone();
        for actor in &self.people {
            history.shown.push(actor.shown(self.talk)?);
        }
        Ok(history)
    }

    /// When all is well: everyone writes once more, everything arrives, all are in the same epoch, and the
    /// history is right.
    pub async fn settles(&mut self) -> Result<()> {
        self.all_write(1).await;
        self.all_is_there().await?;
        all_are_together(self.people.iter().copied(), self.talk).await?;
        Ok(self.history()?.check()?)
    }
}
