//! A stranger walks the whole OpenAPI document: everything but a short list asks who is there. So do somebody
//! who is no member of a conversation, and somebody who was one: to them it does not exist.

use super::world::{Person, World};
use crate::store::commit::{Created, NewCommit, NewMember};
use crate::store::suite::TestStore;
use crate::store::suite::room::{new_room, room_with};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use std::collections::BTreeSet;
use undertone_wire::group::Role;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{ConversationId, Counter, DeviceId, Epoch, ErrorCode};

/// What anybody may call. A route that is added here is seen in review.
const PUBLIC: &[&str] = &[
    "get /api/v1/server",
    "get /api/v1/stream",
    "post /api/v1/devices",
    "post /api/v1/guests",
    "post /api/v1/login/finish",
    "post /api/v1/login/start",
    "post /api/v1/recovery/finish",
    "post /api/v1/recovery/prove",
    "post /api/v1/recovery/start",
    "post /api/v1/registration/finish",
    "post /api/v1/registration/start",
    "post /api/v1/rooms/look",
    "post /api/v1/session/refresh",
    "post /api/v1/setup/check",
];

async fn world() -> World {
    World::new(TestStore::sqlite().await).await
}

async fn operations(world: &World) -> Vec<(String, String, Value)> {
    let document: Value = world.call(Method::GET, "/api/v1/openapi.json", None).await.json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    operations
}

/// The address with an id in each of its variable parts.
fn with_ids(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        if part.starts_with('{') {
            "a4dqobyha4dqobyha4dqobyha4"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn strangers_are_turned_away_from_everything_that_is_not_public() {
    let world = world().await;
    let operations = operations(&world).await;
    assert!(
        operations.len() > PUBLIC.len() + 10,
        "the document is nearly empty"
    );
    let mut public = Vec::new();
    for (method, path, operation) in operations {
        let address = with_ids(&path);
        let method: Method = method.to_uppercase().parse().unwrap();
        let documented_public = operation["security"] == serde_json::json!([{}]);
        for token in [None, Some("nonsense"), Some("a.b.c"), Some("")] {
            let answer = world.call(method.clone(), &address, token).await;
            if PUBLIC.contains(&format!("{} {path}", method.as_str().to_lowercase()).as_str()) {
                assert_ne!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
            } else {
                assert_eq!(answer.code(), ErrorCode::Unauthorized, "{method} {path}");
                assert!(!documented_public, "{method} {path} is documented as public");
            }
        }
        if documented_public {
            public.push(format!("{} {path}", method.as_str().to_lowercase()));
        }
    }
    public.sort();
    assert_eq!(public, PUBLIC);
}

/// A room with somebody inside, and somebody who was put out of it again.
async fn room_without(world: &World, removed: &Person) -> ConversationId {
    let mut founding = new_room(1, room_with(|_| ()));
    founding.commit.added.push(NewMember {
        device: removed.grant.device,
        user: removed.grant.user,
        leaf: 9,
        role: Role::Member,
    });
    let id = founding.commit.conversation;
    let created = world.state.store.create_conversation(founding).await.unwrap();
    assert!(matches!(created, Created::New(_)), "{created:?}");
    let removal = NewCommit {
        epoch: Epoch(1),
        counter: Counter(2),
        next_epoch: Epoch(2),
        link: None,
        profile: None,
        added: Vec::new(),
        removed: vec![removed.grant.device],
        ..new_room(1, room_with(|_| ())).commit
    };
    world.state.store.accept_commit(removal).await.unwrap().unwrap();
    id
}

/// Some value of the form that the document describes; ids of conversations are this one.
fn example(document: &Value, schema: &Value, conversation: ConversationId) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return match name {
            "ConversationId" => conversation.to_string().into(),
            "DeviceId" | "RoomId" | "UserId" => "a4dqobyha4dqobyha4dqobyha4".into(),
            _ => example(document, &document["components"]["schemas"][name], conversation),
        };
    }
    if let Some(variants) = schema["oneOf"].as_array().or_else(|| schema["allOf"].as_array()) {
        return example(document, variants.last().unwrap(), conversation);
    }
    let types = schema["type"].as_array().cloned().unwrap_or_default();
    if types.contains(&"null".into()) {
        return Value::Null;
    }
    match schema["type"].as_str() {
        Some("object") => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = required.iter().filter_map(Value::as_str);
            let of = |field: &str| example(document, &schema["properties"][field], conversation);
            fields.map(|field| (field.to_owned(), of(field))).collect()
        }
        Some("integer") => 1.into(),
        Some("array") => Value::Array(Vec::new()),
        _ => "AAAA".into(),
    }
}

/// What somebody gets who makes a call about a conversation.
async fn call_about(
    world: &World,
    person: &Person,
    (method, path, body): (&str, &str, Option<&Value>),
    conversation: ConversationId,
) -> (StatusCode, String) {
    let document: Value = world.call(Method::GET, "/api/v1/openapi.json", None).await.json();
    let address = with_ids(&path.replace("{conversation}", &conversation.to_string()));
    let bearer = format!("Bearer {}", person.grant.access_token);
    let request = Request::builder()
        .method(method.to_uppercase().parse::<Method>().unwrap())
        .uri(address)
        .header(header::AUTHORIZATION, bearer)
        .header(header::CONTENT_TYPE, "application/json");
    let body = body.map_or(Vec::new(), |schema| {
        serde_json::to_vec(&example(&document, schema, conversation)).unwrap()
    });
    let answer = world.send(request.body(Body::from(body)).unwrap()).await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn outsiders_cannot_tell_a_conversation_from_none() {
    let (world, outsider) = World::set_up(TestStore::sqlite().await, RegistrationPolicy::Open).await;
    let removed = world.register("carol").await.unwrap();
    let there = room_without(&world, &removed).await;
    let nowhere = ConversationId::from_bytes([77; 16]);
    let mut walked = 0;
    for (method, path, operation) in operations(&world).await {
        if !path.contains("{conversation}") {
            continue;
        }
        walked += 1;
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let call = (
            method.as_str(),
            path.as_str(),
            schema.is_object().then_some(schema),
        );
        for person in [&outsider, &removed] {
            let answer = call_about(&world, person, call, there).await;
            let none = call_about(&world, person, call, nowhere).await;
            assert_eq!(answer, none, "{method} {path}");
            assert!(answer.0.is_client_error(), "{method} {path}: {answer:?}");
            assert_ne!(
                answer.0,
                StatusCode::BAD_REQUEST,
                "the body was not understood: {path}: {answer:?}"
            );
            if call.2.is_none() {
                assert_eq!(answer.0, StatusCode::NOT_FOUND, "{method} {path}");
            }
        }
    }
    assert!(walked >= 10, "only {walked} calls are about a conversation");
    let heads = world
        .state
        .store
        .heads(DeviceId::from_bytes([1; 16]))
        .await
        .unwrap();
    assert_eq!((heads.len(), heads[0].head.0), (1, 2), "nothing was changed");
}

/// What stands in the table of calls of `docs/protocol.md`, and whether it is marked as open.
fn documented_calls() -> BTreeSet<(String, bool)> {
    let text = include_str!("../../../../docs/protocol.md");
    let rows = text.lines().filter_map(|line| {
        let (call, rest) = line.strip_prefix("| `")?.split_once('`')?;
        let (method, path) = call.split_once(" /")?;
        let is_open = rest.starts_with(" *open*");
        Some((format!("{} /api/v1/{path}", method.to_lowercase()), is_open))
    });
    rows.collect()
}

#[tokio::test]
async fn the_documented_calls_are_those_that_exist() {
    let existing: BTreeSet<_> = operations(&world().await)
        .await
        .into_iter()
        .filter(|(_, path, _)| path.starts_with("/api/v1/"))
        .map(|(method, path, _)| {
            let call = format!("{method} {path}");
            let is_open = PUBLIC.contains(&call.as_str());
            (call, is_open)
        })
        .collect();
    assert_eq!(documented_calls(), existing);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_same_form() {
    let world = world().await;
    for path in ["/api", "/api/v1", "/api/v2/session", "/api/v1/nothing/at/all"] {
        assert_eq!(
            world.call(Method::GET, path, None).await.code(),
            ErrorCode::NotFound,
            "{path}"
        );
    }
    assert_eq!(
        world.call(Method::GET, "/healthz", None).await.status,
        StatusCode::OK
    );
    assert_eq!(
        world.call(Method::GET, "/readyz", None).await.status,
        StatusCode::OK
    );
    assert_eq!(
        world.call(Method::GET, "/ca.crt", None).await.code(),
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn every_answer_is_confined() {
    let world = world().await;
    for path in [
        "/",
        "/api/v1/server",
        "/api/v1/session",
        "/api/nothing",
        "/assets/none.js",
        "/healthz",
    ] {
        let headers = world.call(Method::GET, path, None).await.headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for part in [
            "default-src 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types undertone",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {part}");
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{policy}"
        );
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        assert!(
            headers.get(header::STRICT_TRANSPORT_SECURITY).is_none(),
            "only with a public certificate"
        );
    }
    let headers = world.call(Method::GET, "/api/v1/server", None).await.headers;
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn pages_of_other_sites_cannot_call() {
    let world = world().await;
    let request = |origin: &str, upgrade: bool| {
        let mut request = Request::builder()
            .uri("/api/v1/setup/check")
            .header(header::HOST, "chat.example");
        request = request
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/json");
        request = if upgrade {
            request
                .uri("/api/v1/stream")
                .header(header::UPGRADE, "websocket")
                .header(header::CONNECTION, "upgrade")
        } else {
            request.method(Method::POST)
        };
        request.body(Body::from(r#"{"token":"x"}"#)).unwrap()
    };
    for upgrade in [false, true] {
        let answer = world.send(request("https://evil.example", upgrade)).await;
        assert_eq!(answer.code(), ErrorCode::OriginRefused);
        // From our own page the request is judged by its content.
        let own = world.send(request("https://chat.example", upgrade)).await;
        assert!(
            upgrade || own.code() == ErrorCode::SetupTokenInvalid,
            "{}",
            own.text()
        );
        assert!(!own.text().contains("origin_refused"));
    }
}

#[tokio::test]
async fn malformed_bodies_are_told_from_large_ones() {
    let world = world().await;
    let send = async |media_type: &str, body: Vec<u8>| {
        let request = Request::builder().method(Method::POST).uri("/api/v1/login/start");
        world
            .send(
                request
                    .header(header::CONTENT_TYPE, media_type)
                    .body(Body::from(body))
                    .unwrap(),
            )
            .await
    };
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"name\":\"ada\"}",
        "{\"name\":\"ada\",\"request\":\"!\"}",
        "\u{0}",
    ] {
        assert_eq!(
            send("application/json", body.into()).await.code(),
            ErrorCode::BadRequest,
            "{body}"
        );
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        send("application/json", deep.into()).await.code(),
        ErrorCode::BadRequest
    );
    assert_eq!(
        send("text/plain", b"{}".to_vec()).await.code(),
        ErrorCode::BadRequest
    );
    let large = vec![b' '; undertone_wire::limits::BODY_BYTES_MAX + 1];
    assert_eq!(send("application/json", large).await.code(), ErrorCode::TooLarge);
}
