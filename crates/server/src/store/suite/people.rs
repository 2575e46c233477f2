//! People for the tests: accounts with devices, as registration makes them.

use super::TestStore;
use crate::auth::{SessionId, TokenHash};
use crate::store::account::{AddDevice, Admission, NewAccount, NewDevice, NewSession, NewTicket};
use crate::store::guest::NewGuest;
use undertone_wire::account::Vault;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::UserKind;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{Bytes, DeviceId, Timestamp, UserId};

/// When everything happens, unless a test says otherwise.
const NOW: Timestamp = Timestamp::from_millis(1_763_724_000_000);

/// A registered person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) user: UserId,
}

/// The user with this number.
pub(crate) fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

/// The device with this number.
pub(crate) fn device(number: u8) -> DeviceId {
    DeviceId::from_bytes([number; 16])
}

impl TestStore {
    /// Registers a person with one device; both have this number.
    pub(crate) async fn register(&self, number: u8) -> Person {
        let admission = self.admission().await;
        let account = NewAccount {
            admission,
            password_file: vec![1],
            recovery_public_key: vec![0; 32],
            vault: Vault {
                sealed: Bytes(vec![1]),
                key_by_password: Bytes(vec![1]),
                key_by_recovery: Bytes(vec![1]),
            },
            device: new_device(number, number),
            session: new_session(number),
            at: NOW,
        };
        self.create_account(account).await.unwrap();
        Person { user: user(number) }
    }

    /// Adds a device with this number to a person.
    pub(crate) async fn add_device_of(&self, person: Person, number: u8) -> DeviceId {
        let ticket = hash(number);
        let expires_at = NOW.plus(std::time::Duration::from_mins(5));
        self.finish_login(NewTicket {
            ticket,
            user: person.user,
            expires_at,
        })
        .await
        .unwrap()
        .unwrap();
        let owner = person.user.as_bytes()[0];
        let adding = AddDevice {
            ticket,
            device: new_device(owner, number),
            session: new_session(number),
            at: NOW,
        };
        self.add_device(adding).await.unwrap();
        device(number)
    }

    /// Lets in a guest who stays until then; user and device have this number.
    pub(crate) async fn let_in_guest(&self, number: u8, until: Timestamp) {
        let mut device = new_device(number, number);
        device.body.kind = UserKind::Guest;
        let guest = NewGuest {
            device,
            session: new_session(number),
            until,
            at: NOW,
        };
        self.create_guest(guest).await.unwrap();
    }

    /// The set-up token for the first, nothing for the others.
    async fn admission(&self) -> Admission {
        let token = hash(0);
        if !self.renew_setup_token(token).await.unwrap() {
            return Admission::Nothing;
        }
        let registration = RegistrationPolicy::Open;
        Admission::Setup {
            token,
            server_name: "Test".to_owned(),
            registration,
        }
    }
}

fn new_device(owner: u8, number: u8) -> NewDevice {
    let body = DeviceCertificateBody {
        version: 1,
        user: user(owner),
        kind: UserKind::Account,
        name: format!("person-{owner}").parse().unwrap(),
        device: device(number),
        identity_key: Bytes(vec![owner; 32]),
        signature_key: Bytes(vec![number; 32]),
        issued_at: NOW,
    };
    NewDevice {
        body,
        certificate: vec![number],
    }
}

fn new_session(number: u8) -> NewSession {
    NewSession {
        session: session(number),
        refresh: hash(number),
    }
}

/// The session of the device with this number.
pub(super) fn session(number: u8) -> SessionId {
    SessionId::try_from([number; 16].as_slice()).unwrap()
}

/// The token with this number.
pub(super) fn hash(number: u8) -> TokenHash {
    TokenHash::try_from([number; 32].as_slice()).unwrap()
}
