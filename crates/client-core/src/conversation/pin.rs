//! Pinning: a person's identity key is kept at first contact, and every later certificate must be by
//! the same key (design D6). A server that shows another key is found out here.

use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::store::contact::Contact;
use undertone_wire::device::DeviceCertificateBody;

/// What a certificate means to someone who may know its user already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// First contact.
    New,
    /// By the pinned key.
    Known,
    /// By the pinned key, under a new name.
    Renamed,
    /// By another key.
    Changed,
}

/// Checks certificates against the pinned keys and pins those of people met for the first time.
/// Belongs into the transaction that lets the certified devices in.
pub(crate) fn check_and_pin(
    core: &Core,
    me: &Me,
    certificates: &[DeviceCertificateBody],
) -> Result<(), ClientError> {
    for certificate in certificates {
        if certificate.user == me.user {
            if certificate.identity_key.as_slice() != me.identity_key {
                return Err(ClientError::KeyChanged {
                    name: me.name.clone(),
                });
            }
            continue;
        }
        let contact = core.store.contact(certificate.user)?;
        match judge(contact.as_ref(), certificate) {
            Verdict::Known => {}
            Verdict::Renamed => core.store.rename_contact(certificate.user, &certificate.name)?,
            Verdict::New => core.store.add_contact(&first_contact(core, certificate)?)?,
            Verdict::Changed => {
                return Err(ClientError::KeyChanged {
                    name: certificate.name.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Remembers which of these people showed another key than the pinned one. Belongs after the
/// transaction that was refused.
pub(crate) fn note_changed(core: &Core, certificates: &[DeviceCertificateBody]) -> Result<(), ClientError> {
    for certificate in certificates {
        let contact = core.store.contact(certificate.user)?;
        if judge(contact.as_ref(), certificate) == Verdict::Changed {
            core.store.mark_key_changed(certificate.user)?;
        }
    }
    Ok(())
}

fn judge(contact: Option<&Contact>, certificate: &DeviceCertificateBody) -> Verdict {
    match contact {
        None => Verdict::New,
        Some(contact) if certificate.identity_key.as_slice() != contact.identity_key => Verdict::Changed,
        Some(contact) if contact.name != certificate.name => Verdict::Renamed,
        Some(_) => Verdict::Known,
    }
}

fn first_contact(core: &Core, certificate: &DeviceCertificateBody) -> Result<Contact, ClientError> {
    let identity_key = certificate.identity_key.as_slice().try_into();
    Ok(Contact {
        user: certificate.user,
        name: certificate.name.clone(),
        identity_key: identity_key.map_err(|_wrong_length| ClientError::ForeignKeys)?,
        pinned_at: core.platform.now(),
        key_changed: false,
    })
}
