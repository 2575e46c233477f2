//! What a story tells of groups and rooms: `ada.founds_a_group("Crew", &[&bob])`, `eve.joins(&link)`.

use crate::actor::Actor;
use crate::world::eventually;
use anyhow::{Context, Result};
use futures::StreamExt;
use futures::lock::Mutex;
use futures::stream::select_all;
use std::collections::BTreeSet;
use std::rc::Rc;
use undertone_client_core::account::{BecomeAccountInput, Password};
use undertone_client_core::view::{
    ConversationStateView, ConversationView, EventKind, EventView, JoinedView, MemberView, RoomOptions,
    TermsPatch,
};
use undertone_client_core::{Client, ClientError};
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, UserId};

/// The stable code of a failure.
pub fn code<T>(result: Result<T>) -> Option<String> {
    let error = result.err()?;
    let client = error.downcast_ref::<ClientError>();
    Some(client.map_or_else(|| format!("{error:#}"), |error| error.code().to_owned()))
}

/// Waits until all of these are in the same group, and in it for good: none is coming in again.
pub async fn all_are_together<'a>(
    actors: impl Iterator<Item = &'a Actor> + Clone,
    talk: ConversationId,
) -> Result<()> {
    let clients: Result<Vec<_>> = actors.clone().map(Actor::client).collect();
    let changes = select_all(clients?.iter().map(Client::changes));
    let changes = Rc::new(Mutex::new(changes));
    let together = || {
        let mut epochs = BTreeSet::new();
        for actor in actors.clone() {
            let view = actor.view(talk)?;
            if view.is_none_or(|view| view.state != ConversationStateView::Active) {
                return Ok(None);
            }
            epochs.insert(actor.epoch_authenticator(talk)?);
        }
        Ok((epochs.len() == 1).then_some(()))
    };
    let came = eventually("all are together", together, || {
        let changes = Rc::clone(&changes);
        // The news never end while the clients live.
        async move {
            let _news = changes.lock().await.next().await;
        }
    });
    came.await.with_context(|| {
        let stand = |actor: &Actor| {
            let state = actor.view(talk).map(|view| view.map(|view| view.state));
            (
                actor.name().to_owned(),
                state,
                actor.epoch_authenticator(talk).ok(),
            )
        };
        format!("shown: {:?}", actors.map(stand).collect::<Vec<_>>())
    })
}

impl Actor {
    /// Becomes a guest under the name in the story.
    pub async fn becomes_guest(&self) -> Result<()> {
        self.client()?.become_guest(Some(self.name())).await?;
        Ok(())
    }

    /// Becomes an account under another name.
    pub async fn becomes_account(&self, name: &str) -> Result<()> {
        let input = BecomeAccountInput {
            name: name.to_owned(),
            password: Password::new(crate::PASSWORD.to_owned())?,
            invitation: None,
        };
        self.client()?.become_account(input).await?;
        Ok(())
    }

    /// Makes a group with these people.
    pub async fn founds_a_group(&self, title: &str, members: &[&Actor]) -> Result<ConversationId> {
        let users: Result<Vec<UserId>> = members.iter().map(|member| member.user()).collect();
        Ok(self.client()?.create_group(title, &users?).await?)
    }

    /// Makes a room, and gives its link.
    pub async fn founds_a_room(&self, title: &str) -> Result<(ConversationId, String)> {
        let options = RoomOptions {
            title: title.to_owned(),
            ..RoomOptions::default()
        };
        self.founds_a_room_with(options).await
    }

    /// Makes a room on certain terms, and gives its link.
    pub async fn founds_a_room_with(&self, options: RoomOptions) -> Result<(ConversationId, String)> {
        let room = self.client()?.create_room(options).await?;
        Ok((room, self.link(room)?))
    }

    /// The link of a room.
    pub fn link(&self, room: ConversationId) -> Result<String> {
        let link = self.client()?.room_link(room)?;
        Ok(link.context("the link is not here")?.link)
    }

    /// Comes in by a link, or knocks.
    pub async fn joins(&self, link: &str) -> Result<JoinedView> {
        Ok(self.client()?.join_room(link).await?)
    }

    /// Adds somebody.
    pub async fn adds(&self, talk: ConversationId, others: &[&Actor]) -> Result<()> {
        let users: Result<Vec<UserId>> = others.iter().map(|other| other.user()).collect();
        Ok(self.client()?.add_members(talk, &users?).await?)
    }

    /// Puts somebody out.
    pub async fn removes(&self, talk: ConversationId, other: UserId) -> Result<()> {
        Ok(self.client()?.remove_member(talk, other).await?)
    }

    /// Puts somebody out for good.
    pub async fn bans(&self, talk: ConversationId, other: UserId) -> Result<()> {
        Ok(self.client()?.ban_member(talk, other).await?)
    }

    /// Gives somebody a role.
    pub async fn makes(&self, talk: ConversationId, other: &Actor, role: Role) -> Result<()> {
        Ok(self.client()?.set_role(talk, other.user()?, role).await?)
    }

    /// Leaves.
    pub async fn leaves(&self, talk: ConversationId) -> Result<()> {
        Ok(self.client()?.leave(talk).await?)
    }

    /// Changes the terms.
    pub async fn sets(&self, talk: ConversationId, terms: TermsPatch) -> Result<()> {
        Ok(self.client()?.set_terms(talk, terms).await?)
    }

    /// A conversation as the list shows it.
    pub fn view(&self, talk: ConversationId) -> Result<Option<ConversationView>> {
        let mut all = self.client()?.conversations()?.into_iter();
        Ok(all.find(|view| view.conversation == talk))
    }

    /// Everybody in a conversation by this device.
    pub fn members(&self, talk: ConversationId) -> Result<Vec<MemberView>> {
        Ok(self.client()?.members(talk)?)
    }

    /// Waits until a conversation is so on this device.
    pub async fn stands(&self, talk: ConversationId, state: ConversationStateView) -> Result<()> {
        let what = format!("{} stands {state:?}", self.name());
        let shown = self
            .until(&what, |_| {
                Ok(self.view(talk)?.filter(|view| view.state == state).map(|_| ()))
            })
            .await;
        shown.with_context(|| {
            format!(
                "shown: {:?}",
                self.view(talk).map(|view| view.map(|view| view.state))
            )
        })
    }

    /// Waits until exactly these people are in it, in this device's eyes.
    pub async fn sees_people(&self, talk: ConversationId, people: &[(&str, Role)]) -> Result<()> {
        let mut wanted: Vec<(String, Role)> = people
            .iter()
            .map(|(name, role)| ((*name).to_owned(), *role))
            .collect();
        wanted.sort();
        let what = format!("{} sees the people {people:?}", self.name());
        let shown = self
            .until(&what, |_| Ok((self.people(talk)? == wanted).then_some(())))
            .await;
        shown.with_context(|| format!("shown: {:?}", self.people(talk)))
    }

    fn people(&self, talk: ConversationId) -> Result<Vec<(String, Role)>> {
        if self.view(talk)?.is_none() {
            return Ok(Vec::new());
        }
        let members = self.members(talk)?.into_iter();
        let mut people: Vec<_> = members.map(|member| (member.name, member.role)).collect();
        people.sort();
        Ok(people)
    }

    /// Waits until so many people are in it, in this device's eyes.
    pub async fn sees_so_many(&self, talk: ConversationId, count: usize) -> Result<()> {
        let what = format!("{} sees {count} people", self.name());
        let shown = self
            .until(&what, |_| Ok((self.people(talk)?.len() == count).then_some(())))
            .await;
        shown.with_context(|| format!("shown: {:?}", self.people(talk)))
    }

    /// Waits until this device shows that something happened; gives the newest of its kind.
    pub async fn sees_that(&self, talk: ConversationId, what: EventKind) -> Result<EventView> {
        let words = format!("{} sees {what:?}", self.name());
        let shown = self
            .until(&words, |_| {
                let events = self.events(talk)?.into_iter();
                Ok(events.rev().find(|event| event.what == what))
            })
            .await;
        shown.with_context(|| format!("shown: {:?}", self.events(talk)))
    }

    /// Waits until this device does not show a text any more.
    pub async fn sees_no_more(&self, talk: ConversationId, text: &str) -> Result<()> {
        let what = format!("{text:?} vanishes from {}", self.name());
        self.until(&what, |_| {
            let there = self.timeline(talk)?.iter().any(|line| line.text == text);
            Ok((!there).then_some(()))
        })
        .await
    }

    /// Equal on all devices that are in the same group.
    pub fn epoch_authenticator(&self, talk: ConversationId) -> Result<Vec<u8>> {
        Ok(self.client()?.epoch_authenticator(talk)?)
    }
}
