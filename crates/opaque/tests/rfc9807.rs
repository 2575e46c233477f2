//! The vectors of RFC 9807 appendix C, run on the library in our suite's groups and hash, with the
//! vectors' own stretching function (identity) and context. Not a test of our choice of Argon2id.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unimplemented,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use data_encoding::HEXLOWER;
use opaque_ke::key_exchange::tripledh::TripleDh;
use opaque_ke::ksf::Identity;
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialFinalization, CredentialRequest, CredentialResponse,
    Identifiers, RegistrationRequest, RegistrationResponse, RegistrationUpload, Ristretto255, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup,
};
use rand::{CryptoRng, Error, RngCore};
use serde_json::Value;
use sha2::Sha512;

struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, Sha512>;
    type Ksf = Identity;
}

/// Hands out the bytes of a vector, in the order in which the library asks for them.
struct Script(Vec<u8>);

impl Script {
    fn of(parts: &[Vec<u8>]) -> Self {
        Self(parts.concat())
    }
}

impl RngCore for Script {
    fn next_u32(&mut self) -> u32 {
        unimplemented!("the library asks for bytes")
    }
    fn next_u64(&mut self) -> u64 {
        unimplemented!("the library asks for bytes")
    }
    fn fill_bytes(&mut self, destination: &mut [u8]) {
        assert!(self.0.len() >= destination.len(), "the script is too short");
        let rest = self.0.split_off(destination.len());
        destination.copy_from_slice(&self.0);
        self.0 = rest;
    }
    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(destination);
        Ok(())
    }
}

impl CryptoRng for Script {}

struct Vector(Value);

impl Vector {
    fn find(&self, section: &str, name: &str) -> Option<Vec<u8>> {
        self.0[section][name]
            .as_str()
            .map(|text| HEXLOWER.decode(text.as_bytes()).unwrap())
    }
    fn input(&self, name: &str) -> Vec<u8> {
        self.find("inputs", name)
            .unwrap_or_else(|| panic!("no input {name}"))
    }
    fn output(&self, name: &str) -> Vec<u8> {
        self.find("outputs", name)
            .unwrap_or_else(|| panic!("no output {name}"))
    }
    fn config(&self, name: &str) -> &str {
        self.0["config"][name].as_str().unwrap()
    }
    fn context(&self) -> Vec<u8> {
        HEXLOWER.decode(self.config("Context").as_bytes()).unwrap()
    }
    /// A scalar is drawn from 64 bytes modulo the order: the vector's scalar and zeros yield itself.
    fn blind(&self, name: &str) -> Vec<u8> {
        let mut wide = self.input(name);
        wide.resize(64, 0);
        wide
    }
    fn server_setup(&self, decoy: &str) -> ServerSetup<Suite> {
        let bytes = [
            self.input("oprf_seed"),
            self.input("server_private_key"),
            self.input(decoy),
        ]
        .concat();
        ServerSetup::deserialize(&bytes).unwrap()
    }
}

struct Names {
    client: Option<Vec<u8>>,
    server: Option<Vec<u8>>,
}

impl Names {
    fn of(vector: &Vector) -> Self {
        Self {
            client: vector.find("inputs", "client_identity"),
            server: vector.find("inputs", "server_identity"),
        }
    }
    fn identifiers(&self) -> Identifiers<'_> {
        Identifiers {
            client: self.client.as_deref(),
            server: self.server.as_deref(),
        }
    }
}

fn registers(vector: &Vector, setup: &ServerSetup<Suite>, names: &Names) {
    let password = vector.input("password");
    let client =
        ClientRegistration::<Suite>::start(&mut Script::of(&[vector.blind("blind_registration")]), &password)
            .unwrap();
    assert_eq!(
        client.message.serialize().to_vec(),
        vector.output("registration_request")
    );

    let request = RegistrationRequest::deserialize(&vector.output("registration_request")).unwrap();
    let server = ServerRegistration::start(setup, request, &vector.input("credential_identifier")).unwrap();
    assert_eq!(
        server.message.serialize().to_vec(),
        vector.output("registration_response")
    );

    let response = RegistrationResponse::deserialize(&vector.output("registration_response")).unwrap();
    let mut rng = Script::of(&[vector.input("envelope_nonce")]);
    let parameters = ClientRegistrationFinishParameters::new(names.identifiers(), None);
    let finished = client
        .state
        .finish(&mut rng, &password, response, parameters)
        .unwrap();
    assert_eq!(
        finished.message.serialize().to_vec(),
        vector.output("registration_upload")
    );
    assert_eq!(finished.export_key.to_vec(), vector.output("export_key"));
}

fn logs_in(vector: &Vector, setup: &ServerSetup<Suite>, names: &Names) {
    let password = vector.input("password");
    let context = vector.context();
    let mut rng = Script::of(&[
        vector.blind("blind_login"),
        vector.input("client_keyshare_seed"),
        vector.input("client_nonce"),
    ]);
    let client = ClientLogin::<Suite>::start(&mut rng, &password).unwrap();
    assert_eq!(client.message.serialize().to_vec(), vector.output("KE1"));

    let upload = RegistrationUpload::deserialize(&vector.output("registration_upload")).unwrap();
    // The library draws a decoy's masking key even when it does not need one.
    let server = start_login(
        vector,
        setup,
        Some(ServerRegistration::finish(upload)),
        vec![0; 64],
    );
    assert_eq!(server.message.serialize().to_vec(), vector.output("KE2"));

    let response = CredentialResponse::deserialize(&vector.output("KE2")).unwrap();
    let parameters = ClientLoginFinishParameters::new(Some(&context), names.identifiers(), None);
    let finished = client
        .state
        .finish(&mut Script::of(&[]), &password, response, parameters)
        .unwrap();
    assert_eq!(finished.message.serialize().to_vec(), vector.output("KE3"));
    assert_eq!(finished.session_key.to_vec(), vector.output("session_key"));
    assert_eq!(finished.export_key.to_vec(), vector.output("export_key"));

    let finalization = CredentialFinalization::deserialize(&vector.output("KE3")).unwrap();
    let parameters = ServerLoginParameters {
        context: Some(&context),
        identifiers: names.identifiers(),
    };
    let finished = server.state.finish(finalization, parameters).unwrap();
    assert_eq!(finished.session_key.to_vec(), vector.output("session_key"));
}

fn start_login(
    vector: &Vector,
    setup: &ServerSetup<Suite>,
    record: Option<ServerRegistration<Suite>>,
    masking_key: Vec<u8>,
) -> opaque_ke::ServerLoginStartResult<Suite> {
    let ke1 = vector
        .find("inputs", "KE1")
        .unwrap_or_else(|| vector.output("KE1"));
    let mut rng = Script::of(&[
        masking_key,
        vector.input("masking_nonce"),
        vector.input("server_keyshare_seed"),
        vector.input("server_nonce"),
    ]);
    let names = Names::of(vector);
    let context = vector.context();
    let parameters = ServerLoginParameters {
        context: Some(&context),
        identifiers: names.identifiers(),
    };
    let request = CredentialRequest::deserialize(&ke1).unwrap();
    ServerLogin::start(
        &mut rng,
        setup,
        record,
        request,
        &vector.input("credential_identifier"),
        parameters,
    )
    .unwrap()
}

#[test]
fn the_library_reproduces_the_vectors_of_our_suite() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/vectors.json")).unwrap();
    let (mut real, mut fake, mut skipped) = (0, 0, 0);
    for vector in vectors.into_iter().map(Vector) {
        if vector.config("Group") != "ristretto255" {
            println!(
                "skipped: key exchange in {}, which is not our suite",
                vector.config("Group")
            );
            skipped += 1;
        } else if vector.config("Fake") == "True" {
            let setup = vector.server_setup("client_public_key");
            let started = start_login(&vector, &setup, None, vector.input("masking_key"));
            assert_eq!(started.message.serialize().to_vec(), vector.output("KE2"));
            fake += 1;
        } else {
            let setup = vector.server_setup("server_public_key");
            let names = Names::of(&vector);
            registers(&vector, &setup, &names);
            logs_in(&vector, &setup, &names);
            real += 1;
        }
    }
    println!("OPAQUE vectors: {real} real and {fake} fake run, {skipped} skipped");
    assert_eq!((real, fake, skipped), (2, 1, 6));
}
