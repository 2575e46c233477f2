//! How everybody is called whom this device knows, and who is easily taken for somebody else. It is read
//! once and kept until something of it changes.

use crate::core::Core;
use crate::error::ClientError;
use crate::store::profile::Shown;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use undertone_wire::text::look_alike_key;
use undertone_wire::{ConversationId, UserId};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    version: Cell<u64>,
    known: RefCell<Option<Rc<Known>>>,
}

/// Everybody, as of some moment.
#[derive(Debug, Default)]
pub(crate) struct Known {
    shown: HashMap<UserId, Shown>,
    keys: HashMap<UserId, Keys>,
    clashing: HashSet<UserId>,
    blocked: HashSet<UserId>,
}

/// What a person's names look like.
#[derive(Debug)]
struct Keys {
    shown: String,
    user_name: String,
}

impl Known {
    /// What somebody of that user name is called.
    pub(crate) fn name(&self, user: UserId, user_name: &str) -> String {
        let display_name = self.shown.get(&user).map(|shown| shown.display_name.as_str());
        display_name
            .filter(|name| !name.is_empty())
            .unwrap_or(user_name)
            .to_owned()
    }

    /// The colour that somebody chose.
    pub(crate) fn colour(&self, user: UserId) -> Option<u8> {
        self.shown.get(&user)?.colour
    }

    /// Whether somebody has a picture.
    pub(crate) fn has_picture(&self, user: UserId) -> bool {
        self.shown.get(&user).is_some_and(|shown| shown.has_picture)
    }

    /// Whether somebody is called nearly as another whom this device knows.
    pub(crate) fn clashes(&self, user: UserId) -> bool {
        self.clashing.contains(&user)
    }

    /// Whether the user does not want to hear somebody.
    pub(crate) fn is_blocked(&self, user: UserId) -> bool {
        self.blocked.contains(&user)
    }

    /// Who of these is called nearly as another of these.
    pub(crate) fn clashing_among(&self, people: impl IntoIterator<Item = UserId>) -> HashSet<UserId> {
        let people: BTreeSet<UserId> = people.into_iter().collect();
        let keys: Vec<_> = people
            .into_iter()
            .filter_map(|user| Some((user, self.keys.get(&user)?)))
            .collect();
        let mut owners: HashMap<&str, HashSet<UserId>> = HashMap::new();
        for (user, keys) in &keys {
            for key in [&keys.shown, &keys.user_name] {
                owners.entry(key.as_str()).or_default().insert(*user);
            }
        }
        let taken = |user: &UserId, keys: &Keys| {
            let owners = owners.get(keys.shown.as_str());
            owners.is_some_and(|owners| owners.iter().any(|owner| owner != user))
        };
        keys.iter()
            .filter(|(user, keys)| taken(user, keys))
            .map(|(user, _)| *user)
            .collect()
    }
}

/// Everybody whom this device knows.
pub(crate) fn known(core: &Core) -> Result<Rc<Known>, ClientError> {
    let version = core.store.people_version();
    if core.directory.version.replace(version) == version
        && let Some(known) = core.directory.known.borrow().as_ref()
    {
        return Ok(Rc::clone(known));
    }
    let known = Rc::new(read(core)?);
    core.directory.known.replace(Some(Rc::clone(&known)));
    Ok(known)
}

/// Who of a conversation is called nearly as another of it. Of large ones, whose people hear nothing of
/// each other there, all count who are called nearly as anybody whom this device knows.
pub(crate) fn clashing_in(core: &Core, id: ConversationId) -> Result<HashSet<UserId>, ClientError> {
    let known = known(core)?;
    let conversation = core.store.conversation(id)?;
    let small = conversation
        .filter(|conversation| conversation.state.has_group() && conversation.people <= super::people_max());
    if small.is_none() || known.clashing.is_empty() {
        return Ok(known.clashing.clone());
    }
    let members = core.groups.with(id, |group, _| group.members())?;
    Ok(known.clashing_among(members.into_iter().map(|member| member.user)))
}

fn read(core: &Core) -> Result<Known, ClientError> {
    let shown = core.store.shown_profiles()?;
    let mut known = Known {
        shown: shown.into_iter().map(|shown| (shown.user, shown)).collect(),
        blocked: core.store.blocked()?.into_iter().collect(),
        ..Known::default()
    };
    let contacts = core.store.contacts()?;
    let people = contacts.into_iter().map(|contact| (contact.user, contact.name));
    let me = core.account.session().map(|session| (session.user, session.name));
    for (user, user_name) in people.chain(me) {
        let keys = Keys {
            shown: key(&known.name(user, user_name.as_str())),
            user_name: key(user_name.as_str()),
        };
        known.keys.insert(user, keys);
    }
    let everybody: Vec<UserId> = known.keys.keys().copied().collect();
    known.clashing = known.clashing_among(everybody);
    Ok(known)
}

/// What a name looks like to who does not look closely: without case, spaces and signs.
fn key(name: &str) -> String {
    let key = look_alike_key(name);
    let letters: String = key.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.is_empty() { key } else { letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(people: &[(u8, &str, &str)]) -> (Known, Vec<UserId>) {
        let mut known = Known::default();
        let mut users = Vec::new();
        for (n, user_name, shown) in people {
            let user = UserId::from_bytes([*n; 16]);
            let keys = Keys {
                shown: key(shown),
                user_name: key(user_name),
            };
            known.keys.insert(user, keys);
            users.push(user);
        }
        (known, users)
    }

    #[test]
    fn whoever_is_called_nearly_as_another_is_flagged() {
        let (known, users) = known(&[
            (1, "ines", "Ines Okafor"),
            (2, "eve", "lnes  Okafоr"),
            (3, "per", "Per"),
            (4, "mallory", "PER."),
            (5, "ada", "The Countess"),
            (6, "bob", "Ada"),
            (7, "mei", "Mei"),
        ]);
        let clashing = known.clashing_among(users.iter().copied());
        let flagged: Vec<bool> = users.iter().map(|user| clashing.contains(user)).collect();
        // The fifth keeps her name: it is the sixth who took it.
        assert_eq!(flagged, [true, true, true, true, false, true, false]);
        assert!(known.clashing_among([users[0], users[6]]).is_empty());
    }
}
