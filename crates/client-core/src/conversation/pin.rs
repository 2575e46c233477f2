//! Pinning: a person's identity key is kept at first contact, and every later certificate must be by
//! the same key (design D6). A server that shows another key is found out here.

use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::store::contact::Contact;
use undertone_wire::UserId;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::UserKind;

/// What a certificate means to someone who may know its user already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// First contact.
    New,
    /// By the pinned key.
    Known,
    /// By the pinned key, under the same name in another spelling, or of a guest who has an account now.
    Renamed,
    /// By another key, or under the name of somebody else: names never change and are of one person
    /// only. `Some` is the person who is known, and whose conversation must show it.
    Changed(Option<UserId>),
}

/// Checks certificates against the pinned keys and pins those of people met for the first time.
/// Belongs into the transaction that lets the certified devices in.
pub(crate) fn check_and_pin(
    core: &Core,
    me: &Me,
    certificates: &[DeviceCertificateBody],
) -> Result<(), ClientError> {
    let mut contacts = core.store.contacts()?;
    for certificate in certificates {
        if certificate.user == me.user {
            if certificate.identity_key.as_slice() != me.identity_key {
                return Err(ClientError::KeyChanged {
                    name: me.name.clone(),
                });
            }
            continue;
        }
        match judge(me, &contacts, certificate) {
            Verdict::Known => {}
            Verdict::Renamed => {
                let DeviceCertificateBody { user, name, kind, .. } = certificate;
                core.store.rename_contact(*user, name, *kind)?;
                contacts = core.store.contacts()?;
            }
            Verdict::New => {
                let contact = first_contact(core, certificate)?;
                core.store.add_contact(&contact)?;
                contacts.push(contact);
            }
            Verdict::Changed(_) => {
                return Err(ClientError::KeyChanged {
                    name: certificate.name.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Remembers which of the people we know were shown with another key than the pinned one, or with
/// another user id. Belongs after the transaction that was refused.
pub(crate) fn note_changed(core: &Core, certificates: &[DeviceCertificateBody]) -> Result<(), ClientError> {
    let me = core.me()?;
    let contacts = core.store.contacts()?;
    for certificate in certificates {
        if let Verdict::Changed(Some(known)) = judge(&me, &contacts, certificate) {
            core.store.mark_key_changed(known)?;
        }
    }
    Ok(())
}

fn judge(me: &Me, contacts: &[Contact], certificate: &DeviceCertificateBody) -> Verdict {
    let key = certificate.name.unique_key();
    let pinned = contacts.iter().find(|contact| contact.user == certificate.user);
    match pinned {
        Some(contact) if certificate.identity_key.as_slice() != contact.identity_key => {
            return Verdict::Changed(Some(contact.user));
        }
        Some(contact) if contact.name == certificate.name && contact.kind == certificate.kind => {
            return Verdict::Known;
        }
        // The leaf of a guest who has an account by now, and has not said so here yet.
        Some(contact) if contact.kind == UserKind::Account && certificate.kind == UserKind::Guest => {
            return Verdict::Known;
        }
        Some(contact) if contact.kind == UserKind::Account && contact.name.unique_key() != key => {
            return Verdict::Changed(Some(contact.user));
        }
        _ => {}
    }
    let known = if pinned.is_some() {
        Verdict::Renamed
    } else {
        Verdict::New
    };
    // Guests choose their names themselves, and nobody else is meant by them.
    if certificate.kind == UserKind::Guest {
        return known;
    }
    let namesake = contacts
        .iter()
        .filter(|contact| contact.kind == UserKind::Account && contact.user != certificate.user)
        .find(|contact| contact.name.unique_key() == key);
    match namesake {
        Some(namesake) => Verdict::Changed(Some(namesake.user)),
        None if me.kind == UserKind::Account && me.name.unique_key() == key => Verdict::Changed(None),
        None => known,
    }
}

fn first_contact(core: &Core, certificate: &DeviceCertificateBody) -> Result<Contact, ClientError> {
    let identity_key = certificate.identity_key.as_slice().try_into();
    Ok(Contact {
        user: certificate.user,
        name: certificate.name.clone(),
        kind: certificate.kind,
        identity_key: identity_key.map_err(|_wrong_length| ClientError::ForeignKeys)?,
        pinned_at: core.platform.now(),
        key_changed: false,
    })
}
