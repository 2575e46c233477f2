//! A room, what leads into it and what leads out of it, all valid. It is not a target itself.

use crate::people::{self, Person, begin_with, deliver, seen};
use undertone_mls::{
    ExternalJoin, ExternallyJoined, Group, GroupError, MemoryKeyValue, MlsDevice, Provider, PublicState,
    RoomPsk, ratchet_tree,
};
use undertone_wire::conversation::CommitBundle;
use undertone_wire::group::{GroupProfile, RoomTerms};
use undertone_wire::{ConversationId, Counter, DeviceId};

/// What honest devices send to a room, and the server's state before it. The keys are new in every run.
pub struct HonestRoom {
    /// The server's state, in epoch 1.
    pub state: PublicState,
    /// Which conversation it is.
    pub conversation: ConversationId,
    /// A member who wishes to leave.
    pub leaver: DeviceId,
    /// That wish.
    pub proposal: Vec<u8>,
    /// The `GroupInfo` by which others join.
    pub group_info: Vec<u8>,
    /// The tree by which others join.
    pub ratchet_tree: Vec<u8>,
    /// Who comes by the link.
    pub newcomer: DeviceId,
    device: MlsDevice,
    /// What the newcomer knows of the link.
    pub psk: RoomPsk,
    /// The external commit of the newcomer.
    pub join: CommitBundle,
}

impl HonestRoom {
    /// Two people in a room; one wishes to leave, a third comes by the link.
    pub fn new() -> Self {
        let (ada, ben, newcomer) = (
            Person::new(1, "Ada"),
            Person::new(2, "Ben"),
            Person::guest(9, "Brisk Magpie"),
        );
        let psk = RoomPsk {
            rotation: 1,
            secret: [5; 32].into(),
        };
        let conversation = people::conversation();
        for person in [&ada, &ben] {
            Group::store_psk(&person.provider, conversation, &psk).unwrap();
        }
        let terms = RoomTerms {
            rotation: 1,
            locked: false,
            knock: false,
            expires_at: None,
        };
        let mut talk = begin_with(&GroupProfile::room(ada.user, terms), &ada, &[&ben]);
        let proposal = talk.groups[1].leave(&ben.provider, &ben.device).unwrap();
        let mut room = Self {
            group_info: talk.groups[0]
                .export_group_info(&ada.provider, &ada.device)
                .unwrap(),
            ratchet_tree: ratchet_tree(&talk.state, conversation).unwrap(),
            state: talk.state,
            conversation,
            leaver: ben.device_id,
            proposal,
            newcomer: newcomer.device_id,
            device: newcomer.device,
            psk,
            join: CommitBundle {
                counter: Counter(1),
                commit: Vec::new().into(),
                group_info: Vec::new().into(),
                welcome: None,
            },
        };
        let joined = room.come_by(&room.group_info, &room.ratchet_tree).unwrap();
        room.join = deliver(&joined.commit);
        room
    }

    /// The newcomer tries to join by what a server says the group is.
    pub fn come_by(&self, group_info: &[u8], ratchet_tree: &[u8]) -> Result<ExternallyJoined, GroupError> {
        let provider = Provider::new(MemoryKeyValue::default());
        let join = ExternalJoin {
            group_info,
            ratchet_tree,
            psk: Some(&self.psk),
            seen: &seen(),
        };
        Group::join_externally(&provider, &self.device, join)
    }
}

impl Default for HonestRoom {
    fn default() -> Self {
        Self::new()
    }
}
