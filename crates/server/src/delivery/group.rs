//! What changes a group, and what one needs to come into it: conversations that begin, commits,
//! proposals, joins, and commits that are undone.

use super::check::{self, Caller, CommitUnderCheck, Place, off_thread};
use super::error::DeliveryError;
use super::{Delivery, creation};
use crate::auth::TokenHash;
use crate::store::commit::{CommitStanding, NewGroupInfo, OutsideView, Suspect, Verdict};
use crate::store::conversation::Refusal;
use crate::store::room::NoDoor;
use std::collections::BTreeSet;
use std::time::Duration;
use undertone_mls::{PublicState, Replacement, ReplacementCheck};
use undertone_wire::conversation::{
    Accepted, ConversationKind, CreateConversationRequest, EntryKind, JoinRequest, SubmitCommitRequest,
    SubmitProposalRequest,
};
use undertone_wire::group::{GroupResponse, ReplaceGroupInfoRequest};
use undertone_wire::limits::{GROUP_INFO_BYTES_MAX, MEMBERS_MAX};
use undertone_wire::stream::{Acknowledge, FetchLog, ServerFrame};
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, ErrorCode, IdentityHash, Sequence, UserId};

impl Delivery {
    /// Checks a new conversation with its first commit, stores both, and waits until they are durable.
    pub async fn create(
        &self,
        caller: Caller,
        request: CreateConversationRequest,
    ) -> Result<Accepted, DeliveryError> {
        self.checkpoints.reach("server.create.before_check").await;
        if let Some(peer) = request.peer {
            let existing = self.store.direct_conversation(caller.user, peer).await?;
            if let Some(other) = existing.filter(|existing| *existing != request.conversation) {
                return Err(DeliveryError::Exists(other));
            }
        }
        let standing = self.standing(caller, request.conversation, request.commit.counter);
        if let Ok(snapshot) = self.store.group_snapshot(standing).await? {
            return snapshot.repeated.ok_or(match request.kind {
                ConversationKind::Direct => DeliveryError::Exists(request.conversation),
                ConversationKind::Group | ConversationKind::Room => DeliveryError::IdTaken,
            });
        }
        let new = creation::check(&self.store, caller, request, self.clock.now()).await?;
        self.sequencer.create(new).await
    }

    /// Checks a commit, stores it, and waits until it is durable.
    pub async fn commit(
        &self,
        caller: Caller,
        request: SubmitCommitRequest,
    ) -> Result<Accepted, DeliveryError> {
        let SubmitCommitRequest {
            conversation,
            epoch,
            commit: bundle,
            room: link,
        } = request;
        self.checkpoints.reach("server.commit.before_check").await;
        let _gate = self.pace.enter(conversation).await;
        let standing = self.standing(caller, conversation, bundle.counter);
        let before = self.store.group_snapshot(standing).await??;
        if let Some(accepted) = before.repeated {
            return Ok(accepted);
        }
        if before.epoch != epoch {
            return Err(self.overtaken(caller, conversation));
        }
        self.wait_for_judgement(caller, conversation).await?;
        let under_check = CommitUnderCheck {
            place: Place {
                conversation,
                epoch,
                sender: caller.device,
            },
            bundle,
            before,
            link,
            joins: false,
        };
        let commit = check::commit(&self.store, caller, under_check).await?;
        let removes = !commit.removed.is_empty();
        if !removes {
            let now = self.clock.monotonic();
            self.pace.check(conversation, now).map_err(DeliveryError::Paced)?;
        }
        let accepted = self.sequencer.commit(commit).await.map_err(|error| match error {
            // Another server was first.
            DeliveryError::Refused(Refusal::EpochStale) => self.overtaken(caller, conversation),
            other => other,
        })?;
        self.pace
            .note(conversation, caller.device, removes, self.clock.monotonic());
        Ok(accepted)
    }

    /// Another commit was first.
    fn overtaken(&self, caller: Caller, conversation: ConversationId) -> DeliveryError {
        self.hub.metrics().epochs_refused.inc();
        let now = self.clock.monotonic();
        DeliveryError::Overtaken(self.pace.overtaken(conversation, caller.device, now))
    }

    /// Checks a device's wish to be let go, stores it, and waits until it is durable.
    pub async fn propose(
        &self,
        caller: Caller,
        request: SubmitProposalRequest,
    ) -> Result<Accepted, DeliveryError> {
        let _gate = self.pace.enter(request.conversation).await;
        let standing = CommitStanding {
            kind: EntryKind::Proposal,
            ..self.standing(caller, request.conversation, request.counter)
        };
        let before = self.store.group_snapshot(standing).await??;
        if let Some(accepted) = before.repeated {
            return Ok(accepted);
        }
        if before.epoch != request.epoch {
            self.hub.metrics().epochs_refused.inc();
            return Err(Refusal::EpochStale.into());
        }
        let proposal = check::proposal(caller, request, before).await?;
        self.sequencer.propose(proposal).await
    }

    /// What a device of a member user needs to come in by itself. It is its turn then.
    pub async fn group(
        &self,
        caller: Caller,
        conversation: ConversationId,
    ) -> Result<GroupResponse, DeliveryError> {
        let view = self.store.outside_view(conversation, caller.user).await?;
        if !view.is_some_and(|view| view.is_member) {
            return Err(Refusal::NotMember.into());
        }
        self.material(caller, conversation).await
    }

    /// The same for whoever may come in: a member user, or somebody whose admission token was checked.
    pub async fn material(
        &self,
        caller: Caller,
        conversation: ConversationId,
    ) -> Result<GroupResponse, DeliveryError> {
        let view = self.store.outside_view(conversation, caller.user).await?;
        let view = view.ok_or(Refusal::NotMember)?;
        self.look_at_door(caller, &view).await?;
        let now = self.clock.monotonic();
        let turn = self.turns.take(conversation, caller.device, now);
        let turn = turn.map_err(DeliveryError::Queued)?;
        let material = self.store.group_material(conversation).await?;
        let material = material.ok_or(Refusal::NotMember)?;
        let state = PublicState::from_bytes(material.public_state);
        let tree = off_thread(move || Ok(undertone_mls::ratchet_tree(&state, conversation)?)).await?;
        Ok(GroupResponse {
            conversation,
            group_info: material.group_info,
            ratchet_tree: Bytes(tree),
            turn_ms: u32::try_from(turn.as_millis()).unwrap_or(u32::MAX),
        })
    }

    /// Takes in a device that comes by its own commit.
    pub async fn join(&self, caller: Caller, request: JoinRequest) -> Result<Accepted, DeliveryError> {
        let JoinRequest {
            conversation,
            epoch,
            commit: bundle,
            admission_token,
        } = request;
        self.checkpoints.reach("server.join.before_check").await;
        let view = self.store.outside_view(conversation, caller.user).await?;
        let view = view.ok_or(Refusal::NotMember)?;
        self.admit(conversation, &view, admission_token).await?;
        let _gate = self.pace.enter(conversation).await;
        let standing = CommitStanding {
            joins: Some(caller.user),
            ..self.standing(caller, conversation, bundle.counter)
        };
        let before = self.store.group_snapshot(standing).await??;
        if let Some(accepted) = before.repeated {
            return Ok(accepted);
        }
        self.look_at_door(caller, &view).await?;
        if before.epoch != epoch {
            self.hub.metrics().epochs_refused.inc();
            return Err(Refusal::EpochStale.into());
        }
        self.wait_for_judgement(caller, conversation).await?;
        let now = self.clock.monotonic();
        self.turns
            .check(conversation, caller.device, now)
            .map_err(DeliveryError::Queued)?;
        let under_check = CommitUnderCheck {
            place: Place {
                conversation,
                epoch,
                sender: caller.device,
            },
            bundle,
            before,
            link: None,
            joins: true,
        };
        let commit = check::commit(&self.store, caller, under_check).await?;
        let accepted = self.sequencer.commit(commit).await?;
        self.turns.end(conversation, caller.device);
        Ok(accepted)
    }

    /// While a commit is under suspicion, its user adds none to it: only the newest can be undone.
    async fn wait_for_judgement(
        &self,
        caller: Caller,
        conversation: ConversationId,
    ) -> Result<(), DeliveryError> {
        let Some((senders, wait)) = self.suspicion.suspected(conversation, self.clock.monotonic()) else {
            return Ok(());
        };
        let person = self
            .store
            .person(caller.user)
            .await?
            .ok_or(DeliveryError::NoPerson)?;
        if person
            .devices
            .iter()
            .any(|device| senders.contains(&device.device))
        {
            return Err(DeliveryError::Paced(wait));
        }
        Ok(())
    }

    /// Whoever is no member shows the token of the room's current link.
    async fn admit(
        &self,
        conversation: ConversationId,
        view: &OutsideView,
        token: Option<Bytes>,
    ) -> Result<(), DeliveryError> {
        if view.is_member {
            return Ok(());
        }
        let token = token.filter(|_| view.kind == ConversationKind::Room);
        let token = token.ok_or(Refusal::NotMember)?;
        let admitted = self
            .store
            .admits(conversation, TokenHash::of_admission(token.as_slice()))
            .await?;
        admitted.map_err(|refused| match refused {
            NoDoor::Unknown => Refusal::NotMember.into(),
            NoDoor::Replaced => DeliveryError::Door(ErrorCode::LinkReplaced),
            NoDoor::Closed => DeliveryError::Door(ErrorCode::RoomClosed),
        })
    }

    /// Whether the door is open to a user. Whoever is a member comes in by it in any case.
    async fn look_at_door(&self, caller: Caller, view: &OutsideView) -> Result<(), DeliveryError> {
        if view.is_charged {
            return Err(Refusal::Charged.into());
        }
        let Some(profile) = &view.profile else {
            return Ok(());
        };
        let now = self.clock.now();
        let ends_at = profile.room.and_then(|room| room.expires_at);
        if ends_at.is_some_and(|ends_at| ends_at <= now) {
            return Err(Refusal::Ended.into());
        }
        if view.is_member {
            return Ok(());
        }
        let room = profile.room.ok_or(Refusal::NotMember)?;
        let identity = self.identity(caller.user).await?;
        let is_full = view.people >= u64::from(profile.capacity)
            || usize::try_from(view.devices).is_ok_and(|devices| devices >= MEMBERS_MAX);
        let closed = if profile.is_banned(caller.user, identity) {
            ErrorCode::Banned
        } else if room.locked {
            ErrorCode::RoomLocked
        } else if room.knock {
            ErrorCode::KnockRequired
        } else if is_full {
            ErrorCode::RoomFull
        } else {
            return Ok(());
        };
        Err(DeliveryError::Door(closed))
    }

    async fn identity(&self, user: UserId) -> Result<IdentityHash, DeliveryError> {
        let person = self.store.person(user).await?.ok_or(DeliveryError::NoPerson)?;
        Ok(undertone_mls::identity_hash(&person.identity_key))
    }

    /// The leaves that are nobody's any more: they stand in the tree, and their devices have ended.
    pub async fn ended(&self, conversation: ConversationId) -> Result<Vec<DeviceId>, DeliveryError> {
        let material = self.store.group_material(conversation).await?;
        let material = material.ok_or(Refusal::NotMember)?;
        // After the tree: whoever was added meanwhile is not in it yet.
        let inside: BTreeSet<DeviceId> = self
            .store
            .devices_inside(conversation)
            .await?
            .into_iter()
            .collect();
        off_thread(move || {
            let state = PublicState::from_bytes(material.public_state);
            let mut devices = undertone_mls::devices_in_tree(&state, conversation)?;
            devices.retain(|device| !inside.contains(device));
            Ok(devices)
        })
        .await
    }

    /// Takes a fresh `GroupInfo` from a member, if one is wanted.
    pub async fn replace_group_info(
        &self,
        caller: Caller,
        conversation: ConversationId,
        request: ReplaceGroupInfoRequest,
    ) -> Result<(), DeliveryError> {
        if request.group_info.len() > GROUP_INFO_BYTES_MAX {
            return Err(DeliveryError::TooLarge);
        }
        let view = self.store.outside_view(conversation, caller.user).await?;
        let view = view.filter(|view| view.is_member).ok_or(Refusal::NotMember)?;
        if view.is_charged {
            return Err(Refusal::Charged.into());
        }
        let material = self.store.group_material(conversation).await?;
        let material = material.ok_or(Refusal::NotMember)?;
        let (group_info, word) = off_thread(move || {
            let state = PublicState::from_bytes(material.public_state);
            let word = undertone_mls::check_replacement(ReplacementCheck {
                state: &state,
                conversation,
                sender: caller.device,
                present: material.group_info.as_slice(),
                fresh: request.group_info.as_slice(),
            })?;
            Ok((request.group_info, word))
        })
        .await?;
        if word == Replacement::OwnWord {
            // It is theirs that is in doubt.
            return Ok(());
        }
        let new = NewGroupInfo {
            conversation,
            epoch: view.epoch,
            group_info,
            other_key: word == Replacement::OtherKey,
        };
        Ok(self.store.replace_group_info(new).await?)
    }

    /// A device cannot process a commit. What is known at once is answered at once; otherwise the answer
    /// comes when others had time to acknowledge it.
    pub(crate) async fn suspect(
        &self,
        caller: Caller,
        report: Acknowledge,
    ) -> Result<Option<ServerFrame>, DeliveryError> {
        let Acknowledge {
            conversation,
            sequence,
        } = report;
        let fetch = FetchLog {
            conversation,
            after: Sequence(sequence.0.saturating_sub(1)),
            limit: 1,
        };
        let page = self.store.log_page(caller.device, fetch).await??;
        let entry = page.entries.first().filter(|entry| entry.sequence == sequence);
        match entry.map(|entry| (entry.kind, entry.sender)) {
            Some((EntryKind::Commit, sender)) => {
                let suspect = Suspect {
                    conversation,
                    sequence,
                };
                let now = self.clock.monotonic();
                self.suspicion.report(suspect, sender, caller.device, now);
                Ok(None)
            }
            Some((EntryKind::Voided, _)) => Ok(Some(ServerFrame::Voided(report))),
            Some((EntryKind::Message | EntryKind::Proposal | EntryKind::Expired, _)) | None => {
                Ok(Some(ServerFrame::Stands(report)))
            }
        }
    }

    /// Judges the commits that were reported long enough ago. Runs regularly; a failure is logged, and
    /// those who reported do so again.
    pub async fn judge_suspects(&self) {
        for (suspect, reporters) in self.suspicion.due(self.clock.monotonic()) {
            let place = Acknowledge {
                conversation: suspect.conversation,
                sequence: suspect.sequence,
            };
            match self.sequencer.undo(suspect).await {
                Ok(Verdict::Voided(_)) => {}
                Ok(Verdict::Stands) => {
                    for device in reporters {
                        self.bus.tell_device(device, &ServerFrame::Stands(place));
                    }
                }
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a suspected commit could not be judged"
                ),
            }
        }
    }

    fn standing(&self, caller: Caller, conversation: ConversationId, counter: Counter) -> CommitStanding {
        CommitStanding {
            conversation,
            sender: caller.device,
            counter,
            kind: EntryKind::Commit,
            at: self.clock.now(),
            joins: None,
        }
    }
}

/// How often suspected commits are looked at.
pub(super) const JUDGE_EVERY: Duration = Duration::from_millis(250);
