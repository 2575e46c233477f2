//! Whole exchanges through our own interface: right and wrong passwords, unknown names, and bytes
//! that are no message.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use undertone_opaque::client::{Login, Registration};
use undertone_opaque::server::{LoginStart, ServerSetup};
use undertone_opaque::{Identifiers, OpaqueError, lengths, server};

const NAME: &[u8] = b"ada";

struct World {
    rng: StdRng,
    setup: ServerSetup,
}

impl World {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let setup = ServerSetup::generate(&mut rng);
        Self { rng, setup }
    }

    fn register(&mut self, password: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (registration, request) = Registration::start(&mut self.rng, password).unwrap();
        let response = server::start_registration(&self.setup, &request, NAME).unwrap();
        let registered = registration
            .finish(&mut self.rng, &response, Identifiers::new(NAME))
            .unwrap();
        (
            server::finish_registration(&registered.record).unwrap(),
            registered.export_key.to_vec(),
        )
    }

    fn start_login(
        &mut self,
        file: Option<&[u8]>,
        request: &[u8],
    ) -> Result<server::LoginStarted, OpaqueError> {
        let start = LoginStart {
            password_file: file,
            request,
            credential_identifier: NAME,
            identifiers: Identifiers::new(NAME),
        };
        server::start_login(&mut self.rng, &self.setup, start)
    }
}

#[test]
fn the_right_password_yields_the_export_key_of_registration() {
    let mut world = World::new();
    let (file, export_key) = world.register(b"correct horse");
    world.setup = ServerSetup::from_bytes(&world.setup.to_bytes()).unwrap();

    let (login, request) = Login::start(&mut world.rng, b"correct horse").unwrap();
    let started = world.start_login(Some(&file), &request).unwrap();
    let logged_in = login
        .finish(&mut world.rng, &started.response, Identifiers::new(NAME))
        .unwrap();
    assert_eq!(logged_in.export_key.to_vec(), export_key);
    server::finish_login(&started.state, &logged_in.finalization, Identifiers::new(NAME)).unwrap();
}

#[test]
fn a_wrong_password_and_an_unknown_name_fail_alike() {
    let mut world = World::new();
    let (file, _) = world.register(b"correct horse");
    for file in [Some(file.as_slice()), None] {
        let (login, request) = Login::start(&mut world.rng, b"battery staple").unwrap();
        let started = world.start_login(file, &request).unwrap();
        assert_eq!(started.response.len(), lengths::KE2);
        let result = login.finish(&mut world.rng, &started.response, Identifiers::new(NAME));
        assert_eq!(result.err(), Some(OpaqueError::WrongPassword));
        let guess = server::finish_login(&started.state, &[7; lengths::KE3], Identifiers::new(NAME));
        assert_eq!(guess, Err(OpaqueError::WrongPassword));
    }
}

#[test]
fn a_record_serves_no_other_name() {
    let mut world = World::new();
    let (file, _) = world.register(b"correct horse");
    let (login, request) = Login::start(&mut world.rng, b"correct horse").unwrap();
    let started = world.start_login(Some(&file), &request).unwrap();
    let result = login.finish(&mut world.rng, &started.response, Identifiers::new(b"bob"));
    assert_eq!(result.err(), Some(OpaqueError::WrongPassword));
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    let mut world = World::new();
    let (file, _) = world.register(b"correct horse");
    for length in [
        0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 191, 192, 193, 319, 320, 321, 4096,
    ] {
        let mut noise = vec![0xff; length];
        let refused = |result: Result<(), OpaqueError>| {
            let error = result.expect_err("noise was taken for a message");
            assert!(
                !matches!(error, OpaqueError::Failed(_)),
                "{length} bytes: {error:?}"
            );
        };
        refused(server::start_registration(&world.setup, &noise, NAME).map(drop));
        refused(world.start_login(Some(&file), &noise).map(drop));
        refused(server::finish_registration(&noise).map(drop));
        refused(server::finish_login(
            &[0; lengths::LOGIN_STATE],
            &noise,
            Identifiers::new(NAME),
        ));
        refused(ServerSetup::from_bytes(&noise).map(drop));
        world.rng.fill_bytes(&mut noise);
        let (registration, _) = Registration::start(&mut world.rng, b"x").unwrap();
        refused(
            registration
                .finish(&mut world.rng, &noise, Identifiers::new(NAME))
                .map(drop),
        );
        let (login, _) = Login::start(&mut world.rng, b"x").unwrap();
        refused(
            login
                .finish(&mut world.rng, &noise, Identifiers::new(NAME))
                .map(drop),
        );
    }
}

#[test]
fn secrets_are_not_shown() {
    assert_eq!(format!("{:?}", World::new().setup), "ServerSetup(…)");
}
