//! The groups in memory. A group is loaded when it is needed and dropped when its transaction failed;
//! the store has the truth.

use crate::error::ClientError;
use crate::store::Store;
use crate::store::mls_state::MlsState;
#[cfg(test)]
use std::cell::Cell;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use undertone_mls::{ExternalJoin, ExternallyJoined, Group, GroupError, MlsDevice, PendingCommit, Provider};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::{ConversationId, Epoch};

/// The groups of this device.
pub(crate) struct Groups {
    provider: Provider<MlsState>,
    loaded: RefCell<HashMap<ConversationId, Group>>,
    /// How often a group was read from the store.
    #[cfg(test)]
    loads: Cell<u32>,
}

impl Groups {
    /// No group is loaded yet.
    pub(crate) fn new(store: Rc<Store>) -> Self {
        Self {
            provider: Provider::new(MlsState::new(store)),
            loaded: RefCell::default(),
            #[cfg(test)]
            loads: Cell::default(),
        }
    }

    /// The epoch of a conversation's group. A group that is not in memory stays where it is: reading its
    /// tree and its secrets costs much more.
    pub(crate) fn epoch(&self, conversation: ConversationId) -> Result<Epoch, ClientError> {
        if let Some(group) = self.loaded.borrow().get(&conversation) {
            return Ok(group.epoch());
        }
        let stored = self.check(Group::stored_epoch(&self.provider, conversation))?;
        stored.ok_or(ClientError::UnknownConversation)
    }

    /// How often a group was read from the store.
    #[cfg(test)]
    pub(crate) fn loads(&self) -> u32 {
        self.loads.get()
    }

    /// Does something with a conversation's group.
    pub(crate) fn with<T>(
        &self,
        conversation: ConversationId,
        work: impl FnOnce(&mut Group, &Provider<MlsState>) -> Result<T, GroupError>,
    ) -> Result<T, ClientError> {
        let mut loaded = self.loaded.borrow_mut();
        let group = match loaded.entry(conversation) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(place) => {
                #[cfg(test)]
                self.loads.set(self.loads.get().saturating_add(1));
                let stored = self.check(Group::load(&self.provider, conversation))?;
                place.insert(stored.ok_or(ClientError::UnknownConversation)?)
            }
        };
        self.check(work(group, &self.provider))
    }

    /// Makes a group and keeps it in memory.
    pub(crate) fn make(
        &self,
        make: impl FnOnce(&Provider<MlsState>) -> Result<Group, GroupError>,
    ) -> Result<ConversationId, ClientError> {
        let group = self.check(make(&self.provider))?;
        let conversation = group.conversation();
        self.loaded.borrow_mut().insert(conversation, group);
        Ok(conversation)
    }

    /// Makes an external commit and the group that it leads to; gives the epoch that it ends, and who
    /// vouches for the group that was found.
    pub(crate) fn join_externally(
        &self,
        device: &MlsDevice,
        join: ExternalJoin<'_>,
    ) -> Result<(Epoch, PendingCommit, DeviceCertificateBody), ClientError> {
        let joined = self.check(Group::join_externally(&self.provider, device, join))?;
        let ExternallyJoined {
            group,
            commit,
            voucher,
        } = joined;
        let epoch = Epoch(group.epoch().0.saturating_sub(1));
        self.loaded.borrow_mut().insert(group.conversation(), group);
        Ok((epoch, commit, voucher))
    }

    /// Does something that concerns no group.
    pub(crate) fn with_provider<T>(
        &self,
        work: impl FnOnce(&Provider<MlsState>) -> Result<T, GroupError>,
    ) -> Result<T, ClientError> {
        self.check(work(&self.provider))
    }

    /// Deletes a group, if there is one.
    pub(crate) fn delete(&self, conversation: ConversationId) -> Result<(), ClientError> {
        let loaded = self.loaded.borrow_mut().remove(&conversation);
        let group = match loaded {
            Some(group) => Some(group),
            None => self.check(Group::load(&self.provider, conversation))?,
        };
        group.map_or(Ok(()), |group| self.check(group.delete(&self.provider)))
    }

    /// Drops a group from memory: its part of a transaction was undone.
    pub(crate) fn forget(&self, conversation: ConversationId) {
        self.loaded.borrow_mut().remove(&conversation);
    }

    /// Drops all groups from memory.
    pub(crate) fn forget_all(&self) {
        self.loaded.borrow_mut().clear();
    }

    /// A failure of the store is that, however deep the group's error hides it.
    fn check<T>(&self, result: Result<T, GroupError>) -> Result<T, ClientError> {
        let failure = self.provider.store().take_failure();
        match (result, failure) {
            (Ok(value), None) => Ok(value),
            (_, Some(failure)) => Err(failure.into()),
            (Err(error), None) => Err(error.into()),
        }
    }
}
