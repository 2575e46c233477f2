//! Rooms that grow to a wanted size, with the server's state beside them. How people come decides how
//! full the ratchet tree is: an external commit fills the path of whoever comes, and so would a
//! self-update; an Add leaves the path empty.

use crate::people::Person;
use anyhow::{Context as _, Result};
use undertone_mls::{
    CheckedCommit, CommitCheck, ExternalJoin, Group, MemoryKeyValue, PendingCommit, Provider, PublicState,
    RoomPsk, check_commit, found_group,
};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::CommitBundle;
use undertone_wire::group::{GroupProfile, RoomTerms};
use undertone_wire::limits::MEMBERS_MAX;
use undertone_wire::{ConversationId, Counter, DeviceId, Epoch, Sequence};
use zeroize::Zeroizing;

/// People added by one commit.
const BATCH: u32 = 50;

/// How the members came, and what that makes of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// Each by the link. The tree is as full as the members' self-updates would make it.
    Full,
    /// All added by the owner, and silent since: the worst case.
    Sparse,
}

/// A member, and the store with their group.
pub struct Seat {
    person: Person,
    store: MemoryKeyValue,
}

/// What an external commit is made from.
pub struct Door {
    /// `GroupInfo` of the current epoch.
    pub group_info: Vec<u8>,
    /// Its ratchet tree.
    pub ratchet_tree: Vec<u8>,
}

/// See the module.
pub struct Room {
    /// The server's state.
    pub state: PublicState,
    /// The epoch of that.
    pub epoch: Epoch,
    /// What the server gives to those who join.
    pub door: Door,
    /// The owner, and whoever came last.
    owner: Seat,
    last: Seat,
    tree: Tree,
    size: u32,
}

impl Room {
    /// A room of two.
    pub fn found(tree: Tree) -> Result<Self> {
        let (owner, other) = (Person::new(1)?, Person::new(2)?);
        let terms = RoomTerms {
            rotation: 1,
            locked: false,
            knock: false,
            expires_at: None,
        };
        let profile = GroupProfile {
            capacity: u32::try_from(MEMBERS_MAX)?,
            ..GroupProfile::room(owner.user, terms)
        };
        Group::store_psk(&owner.provider, conversation(), &psk())?;
        Group::store_psk(&other.provider, conversation(), &psk())?;
        let mut group = Group::create(&owner.provider, &owner.device, conversation(), &profile)?;
        let (info, tree_bytes) = group.export_for_server(&owner.provider, &owner.device)?;
        let founded = found_group(conversation(), &info, &tree_bytes)?;
        let add = [other.key_package()?];
        let commit = group.add(&owner.provider, &owner.device, &add, &seen())?;
        let checked = check(&founded.state, Epoch(0), owner.id, &commit)?;
        group.merge_pending(&owner.provider)?;
        join_by_welcome(&other, &commit, &checked)?;
        Ok(Self {
            state: checked.state,
            epoch: checked.epoch,
            door: Door {
                group_info: commit.group_info,
                ratchet_tree: checked.ratchet_tree,
            },
            owner: Seat::of(owner),
            last: Seat::of(other),
            tree,
            size: 2,
        })
    }

    /// Lets people in until there are so many.
    pub fn grow(&mut self, size: u32) -> Result<()> {
        while self.size < size {
            match self.tree {
                Tree::Full => self.come()?,
                Tree::Sparse => self.add(BATCH.min(size - self.size))?,
            }
        }
        if self.tree == Tree::Full {
            self.bring_owner_back()?;
        }
        Ok(())
    }

    /// Somebody comes by the link. The others do not follow: they come again when they are needed.
    fn come(&mut self) -> Result<()> {
        let comer = Person::new(self.size + 1)?;
        let (commit, store) = self.join(&comer)?;
        self.stand(self.check(comer.id, &commit)?, commit);
        self.last = Seat { person: comer, store };
        self.size += 1;
        Ok(())
    }

    /// The owner, who has not followed, comes again: it replaces their leaf.
    fn bring_owner_back(&mut self) -> Result<()> {
        let (commit, store) = self.join(&self.owner.person)?;
        let (provider, mut group) = self.last.group()?;
        group.apply_commit(&provider, &commit.commit)?;
        self.stand(self.check(self.owner.person.id, &commit)?, commit);
        self.last.store = provider.store().clone();
        self.owner.store = store;
        Ok(())
    }

    /// Makes an external commit.
    pub fn join(&self, comer: &Person) -> Result<(PendingCommit, MemoryKeyValue)> {
        let provider = Provider::new(MemoryKeyValue::default());
        let join = ExternalJoin {
            group_info: &self.door.group_info,
            ratchet_tree: &self.door.ratchet_tree,
            psk: Some(&psk()),
            seen: &seen(),
        };
        let commit = Group::join_externally(&provider, &comer.device, join)?.commit;
        Ok((commit, provider.store().clone()))
    }

    /// The owner adds people by one commit. The last of them takes their seat.
    fn add(&mut self, count: u32) -> Result<()> {
        let people: Result<Vec<Person>> = (0..count).map(|n| Person::new(self.size + 1 + n)).collect();
        let mut people = people?;
        let packages: Result<Vec<_>> = people.iter().map(Person::key_package).collect();
        let (provider, mut group) = self.owner.group()?;
        let commit = group.add(&provider, &self.owner.person.device, &packages?, &seen())?;
        let checked = self.check(self.owner.person.id, &commit)?;
        group.merge_pending(&provider)?;
        self.owner.store = provider.store().clone();
        let last = people.pop().context("nobody was added")?;
        Group::store_psk(&last.provider, conversation(), &psk())?;
        join_by_welcome(&last, &commit, &checked)?;
        self.last = Seat::of(last);
        self.size += count;
        self.stand(checked, commit);
        Ok(())
    }

    fn stand(&mut self, checked: CheckedCommit, commit: PendingCommit) {
        self.state = checked.state;
        self.epoch = checked.epoch;
        self.door = Door {
            group_info: commit.group_info,
            ratchet_tree: checked.ratchet_tree,
        };
    }

    /// What the server says to a commit.
    pub fn check(&self, sender: DeviceId, commit: &PendingCommit) -> Result<CheckedCommit> {
        check(&self.state, self.epoch, sender, commit)
    }

    /// The owner.
    pub fn owner(&self) -> &Seat {
        &self.owner
    }

    /// Whoever came last.
    pub fn last(&self) -> &Seat {
        &self.last
    }
}

impl Seat {
    fn of(person: Person) -> Self {
        let store = person.provider.store().clone();
        Self { person, store }
    }

    /// Who sits there.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// The group in a fresh copy of the store: what is done with it, nobody else sees.
    pub fn group(&self) -> Result<(Provider<MemoryKeyValue>, Group)> {
        let provider = self.copy();
        let group = Group::load(&provider, conversation())?.context("the group is gone")?;
        Ok((provider, group))
    }

    /// A fresh copy of the store.
    pub fn copy(&self) -> Provider<MemoryKeyValue> {
        Provider::new(self.store.clone())
    }
}

/// Opens a Welcome.
pub fn join_by_welcome(person: &Person, commit: &PendingCommit, checked: &CheckedCommit) -> Result<Group> {
    let welcome = commit.welcome.as_ref().context("nobody was added")?;
    Ok(Group::join(&person.provider, welcome, &checked.ratchet_tree)?)
}

fn check(
    state: &PublicState,
    epoch: Epoch,
    sender: DeviceId,
    commit: &PendingCommit,
) -> Result<CheckedCommit> {
    let bundle = CommitBundle {
        counter: Counter(1),
        commit: commit.commit.clone().into(),
        group_info: commit.group_info.clone().into(),
        welcome: commit.welcome.clone().map(Into::into),
    };
    Ok(check_commit(CommitCheck {
        state,
        conversation: conversation(),
        sender,
        epoch,
        bundle: &bundle,
        proposals: &[],
    })?)
}

/// The conversation of all rooms here.
pub fn conversation() -> ConversationId {
    ConversationId::from_bytes([0xc0; 16])
}

/// What a member has seen of the log.
pub fn seen() -> SeenEntry {
    SeenEntry {
        sequence: Sequence(3),
        running_hash: vec![4; 32].into(),
    }
}

fn psk() -> RoomPsk {
    RoomPsk {
        rotation: 1,
        secret: Zeroizing::new([5; 32]),
    }
}
