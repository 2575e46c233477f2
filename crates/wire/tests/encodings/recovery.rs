//! What the way back with the recovery key says, in JSON.

use crate::assert_committed;
use crate::json::json;
use crate::sample::{LOGIN, USER, bytes, name, vault};
use undertone_wire::recovery::{
    FinishRecoveryRequest, ProveRecoveryRequest, ProveRecoveryResponse, StartRecoveryRequest,
    StartRecoveryResponse,
};

#[test]
fn the_way_back_with_the_recovery_key() {
    let proven = ProveRecoveryResponse {
        ticket: "ticket".to_owned(),
        user: USER,
        name: name(),
        identity_key: bytes("identity"),
        vault: vault(),
        response: bytes("response"),
    };
    let all = [
        (
            "start_recovery_request",
            json(&StartRecoveryRequest { name: name() }),
        ),
        (
            "start_recovery_response",
            json(&StartRecoveryResponse {
                recovery: LOGIN,
                challenge: bytes("challenge"),
            }),
        ),
        (
            "prove_recovery_request",
            json(&ProveRecoveryRequest {
                recovery: LOGIN,
                signature: bytes("signature"),
                request: bytes("request"),
            }),
        ),
        ("prove_recovery_response", json(&proven)),
        (
            "finish_recovery_request",
            json(&FinishRecoveryRequest {
                ticket: "ticket".to_owned(),
                record: bytes("record"),
                key_by_password: bytes("by password"),
                certificate: bytes("certificate"),
            }),
        ),
    ];
    assert_committed("recovery.txt", include_str!("recovery.txt"), &all);
}
