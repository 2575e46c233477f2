//! No bricks: commits that the server cannot tell from good ones and that the others cannot process.
//! The room works again within a minute, nothing that was acknowledged is lost, and the offender is
//! named and can be put out.

use anyhow::{Context, Result, ensure};
use std::time::Duration;
use undertone_client_core::view::{ConversationStateView, EventKind};
use undertone_system_tests::{Actor, Entering, Hostile, Spoil, World, all_are_together, stories};
use undertone_wire::ConversationId;
use undertone_wire::group::Role::{Member, Owner};

/// The bound that is promised.
const MINUTE: Duration = Duration::from_mins(1);

/// Ada's room with two guests in it, everybody's lines sent and read.
struct Room {
    ada: Actor,
    guests: Vec<Actor>,
    talk: ConversationId,
    link: String,
}

impl Room {
    async fn new(world: &World) -> Result<Self> {
        let ada = world.user("Ada").await?;
        let (talk, link) = ada.founds_a_room("Harbour").await?;
        Ok(Self {
            ada,
            guests: Vec::new(),
            talk,
            link,
        })
    }

    async fn two_guests_come(&mut self, world: &World) -> Result<()> {
        for name in ["Ben", "Cleo"] {
            let guest = world.guest(name).await?;
            guest.joins(&self.link).await?;
            self.guests.push(guest);
        }
        Ok(())
    }

    fn everybody(&self) -> impl Iterator<Item = &Actor> + Clone {
        std::iter::once(&self.ada).chain(&self.guests)
    }

    /// All are in one group again.
    async fn settles(&self) -> Result<()> {
        all_are_together(self.everybody(), self.talk).await
    }

    /// Everybody writes a line, and everybody reads all lines: the room works.
    async fn works(&self, when: &str) -> Result<()> {
        for writer in self.everybody() {
            let text = format!("{when}, says {}", writer.name());
            writer.sends(self.talk, &text).await?;
            for reader in self.everybody() {
                reader.sees(self.talk, &[(writer.name(), &text)]).await?;
            }
        }
        let authenticator = self.ada.epoch_authenticator(self.talk)?;
        for guest in &self.guests {
            ensure!(
                guest.epoch_authenticator(self.talk)? == authenticator,
                "{} is elsewhere",
                guest.name()
            );
        }
        Ok(())
    }

    /// What was acknowledged is there, once, for all alike.
    fn nothing_is_lost(&self, whens: &[&str]) -> Result<()> {
        for reader in self.everybody() {
            let lines = reader.timeline(self.talk)?;
            for when in whens {
                for writer in self.everybody() {
                    let text = format!("{when}, says {}", writer.name());
                    let count = lines.iter().filter(|line| line.text == text).count();
                    ensure!(count == 1, "{} shows {text:?} {count} times", reader.name());
                }
            }
        }
        Ok(())
    }

    /// These are told who did it, and what.
    async fn told<'a>(
        &self,
        told: impl Iterator<Item = &'a Actor>,
        what: EventKind,
        hostile: &Hostile,
    ) -> Result<()> {
        for actor in told {
            let event = actor.sees_that(self.talk, what).await?;
            let blamed = (event.who, event.who_name.as_str());
            ensure!(
                blamed == (hostile.user(), "Mallory"),
                "{} blames {blamed:?}",
                actor.name()
            );
        }
        Ok(())
    }

    /// Everybody is told who did it.
    async fn names(&self, hostile: &Hostile) -> Result<()> {
        self.told(self.everybody(), EventKind::Voided, hostile).await
    }

    /// All are in one group again, and the room works, a minute at most after what was just done.
    async fn works_within_a_minute(&self, when: &str) -> Result<()> {
        let works = async {
            self.settles().await?;
            self.works(when).await
        };
        let worked = tokio::time::timeout(MINUTE, works).await;
        worked.context("it took more than a minute")?
    }

    /// The owner puts them out.
    async fn puts_out(&self, hostile: &Hostile) -> Result<()> {
        self.ada.bans(self.talk, hostile.user()).await?;
        for actor in self.everybody() {
            let people = [("Ada", Owner), ("Ben", Member), ("Cleo", Member)];
            actor.sees_people(self.talk, &people).await?;
        }
        Ok(())
    }
}

stories! {
    async fn a_stranger_with_the_wrong_secret_under_the_right_id(world: &World) -> Result<()> {
        stranger(world, Entering::WithWrongPsk).await
    }

    async fn a_stranger_whose_path_is_garbage(world: &World) -> Result<()> {
        stranger(world, Entering::WithGarbage).await
    }

    async fn a_member_whose_path_is_garbage_for_all(world: &World) -> Result<()> {
        let mut room = Room::new(world).await?;
        let mut mallory = world.hostile("Mallory").await?;
        mallory.enters(&room.link, Entering::Honestly).await?;
        room.two_guests_come(world).await?;
        room.works("before").await?;
        mallory.commits(&Spoil::Path).await?;
        room.works_within_a_minute("after").await?;
        room.nothing_is_lost(&["before", "after"])?;
        room.names(&mallory).await?;
        room.puts_out(&mallory).await?;
        room.works("without Mallory").await
    }

    async fn a_member_whose_path_is_garbage_for_some(world: &World) -> Result<()> {
        let mut room = Room::new(world).await?;
        let mut mallory = world.hostile("Mallory").await?;
        mallory.enters(&room.link, Entering::Honestly).await?;
        room.two_guests_come(world).await?;
        room.works("before").await?;
        // Ada sits beside Mallory in the tree: she alone can process it, the others come in again.
        mallory.commits(&Spoil::PathBut(0)).await?;
        // Those who could not process it say so; Ada could, and has nobody's word for it. Before they come in
        // again, they could not read what she writes.
        room.told(room.guests.iter(), EventKind::LeftBehind, &mallory)
            .await?;
        room.works_within_a_minute("after").await?;
        ensure!(
            !room
                .ada
                .events(room.talk)?
                .iter()
                .any(|event| event.what == EventKind::LeftBehind),
            "Ada accuses somebody"
        );
        room.nothing_is_lost(&["before", "after"])?;
        room.puts_out(&mallory).await?;
        room.works("without Mallory").await
    }

    async fn a_group_info_by_which_nobody_can_join(world: &World) -> Result<()> {
        let mut room = Room::new(world).await?;
        let mut mallory = world.hostile("Mallory").await?;
        mallory.enters(&room.link, Entering::Honestly).await?;
        room.two_guests_come(world).await?;
        room.works("before").await?;
        let mut late = world.guest("Late").await?;
        // As often as it takes to be listened to no more, if it were whoever comes in that is charged.
        for when in ["once", "twice", "thrice"] {
            mallory.commits(&Spoil::ExternalKey).await?;
            let joined = tokio::time::timeout(MINUTE, late.joins(&room.link)).await;
            joined.context("nobody comes in for a minute")??;
            room.guests.push(late);
            room.works_within_a_minute(when).await?;
            late = room.guests.pop().context("no guest")?;
            late.leaves(room.talk).await?;
            late.stands(room.talk, ConversationStateView::Removed).await?;
        }
        // Those who were inside can tell a wrong key from a right one, and blame nobody else.
        room.told(room.everybody(), EventKind::KeptOut, &mallory).await?;
        for actor in room.everybody() {
            let mut told = actor.events(room.talk)?.into_iter();
            ensure!(!told.any(|event| event.what == EventKind::Voided), "{} blames Late", actor.name());
        }
        room.nothing_is_lost(&["before", "once", "twice", "thrice"])?;
        room.puts_out(&mallory).await
    }

    async fn a_group_info_by_which_nobody_can_even_try_to_join_is_refused(world: &World) -> Result<()> {
        let mut room = Room::new(world).await?;
        let mut mallory = world.hostile("Mallory").await?;
        mallory.enters(&room.link, Entering::Honestly).await?;
        let refused = mallory.commits(&Spoil::ShortExternalKey).await.err();
        let refused = refused.context("it was taken")?;
        let body = refused.downcast_ref::<undertone_wire::ErrorBody>();
        let code = body.context("no answer of the server")?.code;
        ensure!(code == undertone_wire::ErrorCode::GroupInfoInvalid, "{refused:#}");
        room.two_guests_come(world).await?;
        room.works("after").await
    }
}

/// Somebody comes in by the link and by no rule; the room goes on, and after three times they are not
/// listened to any more.
async fn stranger(world: &World, how: Entering) -> Result<()> {
    let mut room = Room::new(world).await?;
    room.two_guests_come(world).await?;
    room.works("before").await?;
    let mut mallory = world.hostile("Mallory").await?;
    let mut tries = 0;
    let refusal = loop {
        match mallory.enters(&room.link, how).await {
            Ok(_stored) => tries += 1,
            Err(refusal) => break refusal,
        }
        ensure!(tries <= 3, "they may do it for ever");
        room.settles().await?;
        room.works(&format!("after try {tries}")).await?;
    };
    ensure!(tries == 3, "refused after {tries}: {refusal:#}");
    let body = refusal.downcast_ref::<undertone_wire::ErrorBody>();
    let code = body.context("no answer of the server")?.code;
    ensure!(code == undertone_wire::ErrorCode::CommitInvalid, "{refusal:#}");
    room.works("at last").await?;
    room.nothing_is_lost(&["before", "after try 1", "after try 2", "after try 3", "at last"])?;
    room.names(&mallory).await
}
