//! Every clause of the rule function, kept and broken.

use super::*;
use undertone_wire::ConversationId;
use undertone_wire::group::{Banned, RoomTerms};

mod direct;
mod group;
mod profiles;
mod property;
mod room;

const ADA: UserId = UserId::from_bytes([1; 16]);
const BEN: UserId = UserId::from_bytes([2; 16]);
const CY: UserId = UserId::from_bytes([3; 16]);
const DOT: UserId = UserId::from_bytes([4; 16]);
const EVE: UserId = UserId::from_bytes([9; 16]);
const PSK: &[u8] = b"the room's psk";

fn member(leaf: u32, user: UserId, device: u8) -> Member {
    Member {
        leaf,
        user,
        device: DeviceId::from_bytes([device; 16]),
    }
}

fn newcomer(user: UserId, device: u8) -> Newcomer {
    Newcomer {
        user,
        device: DeviceId::from_bytes([device; 16]),
        identity: IdentityHash::from_bytes(*user.as_bytes()),
    }
}

fn add(user: UserId, device: u8) -> ProposalAction {
    ProposalAction::Add(newcomer(user, device))
}

fn by(leaf: u32, proposals: &[ProposalAction]) -> CommitActions {
    CommitActions {
        committer: Committer::Member(leaf),
        proposals: proposals.to_vec(),
        certificate: CertificateChange::None,
    }
}

/// A conversation in which commits are judged.
#[derive(Debug, Clone)]
struct Scene {
    profile: GroupProfile,
    members: Vec<Member>,
}

impl Scene {
    /// Ada with two devices and Ben with one.
    fn direct() -> Self {
        Self {
            profile: GroupProfile::direct(ADA, BEN),
            members: vec![member(0, ADA, 10), member(1, BEN, 20), member(2, ADA, 11)],
        }
    }

    /// Ada owns it (leaves 0 and 4), Ben is admin (1), Cy member (2), Dot read-only (3).
    fn group() -> Self {
        let mut profile = GroupProfile::group(ADA);
        profile.set_role(BEN, Role::Admin);
        profile.set_role(DOT, Role::ReadOnly);
        profile.capacity = 6;
        Self {
            profile,
            members: vec![
                member(0, ADA, 10),
                member(1, BEN, 20),
                member(2, CY, 30),
                member(3, DOT, 40),
                member(4, ADA, 11),
            ],
        }
    }

    /// The same people behind an open door.
    fn room() -> Self {
        let mut scene = Self::group();
        scene.profile.kind = ConversationKind::Room;
        scene.profile.room = Some(RoomTerms {
            rotation: 3,
            locked: false,
            knock: false,
            expires_at: None,
        });
        scene
    }

    fn judge(&self, commit: &CommitActions) -> Result<(), Violation> {
        judge(&self.before(), commit)
    }

    fn before(&self) -> GroupBefore<'_> {
        GroupBefore {
            profile: &self.profile,
            psk_id: self.profile.room.map(|_| PSK),
            members: &self.members,
        }
    }

    /// What becomes of a commit with these proposals by the member at that leaf.
    fn by(&self, leaf: u32, proposals: &[ProposalAction]) -> Result<(), Violation> {
        self.judge(&by(leaf, proposals))
    }

    /// What becomes of an external commit.
    fn external(&self, newcomer: Newcomer, proposals: &[ProposalAction]) -> Result<(), Violation> {
        self.judge(&CommitActions {
            committer: Committer::External(newcomer),
            proposals: proposals.to_vec(),
            certificate: CertificateChange::None,
        })
    }

    /// A proposal of the present profile with a change.
    fn change(&self, change: impl FnOnce(&mut GroupProfile)) -> ProposalAction {
        let mut profile = self.profile.clone();
        change(&mut profile);
        ProposalAction::Profile(profile)
    }

    fn role(&self, user: UserId, role: Role) -> ProposalAction {
        self.change(|profile| profile.set_role(user, role))
    }
}

const EXTERNAL: ProposalAction = ProposalAction::ExternalInit;

fn psk() -> ProposalAction {
    ProposalAction::Psk(PSK.to_vec())
}
