//! The people list and its pages.

use super::world::World;
use crate::store::suite::{TestStore, on_both_databases};
use undertone_wire::account::{PeopleResponse, PersonDetails};
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{ErrorCode, UserId};

on_both_databases!(
    people_are_listed_by_name_in_pages,
    people_are_found,
    details_name_key_and_devices
);

async fn names(world: &World, person: &super::world::Person, query: &str) -> (Vec<String>, bool) {
    let page: PeopleResponse = world.get(&format!("/api/v1/people{query}"), person).await.json();
    (
        page.people
            .iter()
            .map(|person| person.name.as_str().to_owned())
            .collect(),
        page.more,
    )
}

async fn people_are_listed_by_name_in_pages(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    for name in ["Mei", "ada", "Łukasz", "Bob", "mia"] {
        world.register(name).await.unwrap();
    }
    let all = ["ada", "Bob", "Mei", "mia", "root", "Łukasz"];
    assert_eq!(
        names(&world, &root, "").await,
        (all.map(str::to_owned).to_vec(), false)
    );
    assert_eq!(
        names(&world, &root, "?limit=2").await,
        (vec!["ada".to_owned(), "Bob".to_owned()], true)
    );
    assert_eq!(names(&world, &root, "?limit=2&after=Bob").await.0, ["Mei", "mia"]);
    assert_eq!(
        names(&world, &root, "?limit=2&after=mia").await,
        (vec!["root".to_owned(), "Łukasz".to_owned()], false)
    );
    assert_eq!(names(&world, &root, "?limit=0").await.0.len(), 1);
    assert_eq!(names(&world, &root, "?limit=4000000000").await.0.len(), 6);
}

async fn people_are_found(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    for name in ["Mei", "mia", "Per_N", "Łukasz"] {
        world.register(name).await.unwrap();
    }
    assert_eq!(names(&world, &root, "?query=MI").await.0, ["mia"]);
    assert_eq!(names(&world, &root, "?query=m").await.0, ["Mei", "mia"]);
    assert_eq!(names(&world, &root, "?query=%C5%81U").await.0, ["Łukasz"]);
    for pattern in ["%25", "_", "%27", "*", "%5C"] {
        let found = names(&world, &root, &format!("?query={pattern}")).await.0;
        assert_eq!(
            found,
            if pattern == "_" { vec!["Per_N"] } else { vec![] },
            "{pattern} is no wildcard"
        );
    }
    for bad in ["?query=%00", "?limit=-1", "?limit=x"] {
        assert_eq!(
            world.get(&format!("/api/v1/people{bad}"), &root).await.code(),
            ErrorCode::BadRequest,
            "{bad}"
        );
    }
    let long = format!("/api/v1/people?query={}", "a".repeat(1000));
    assert_eq!(world.get(&long, &root).await.code(), ErrorCode::BadRequest);
}

async fn details_name_key_and_devices(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("ada").await.unwrap();
    let path = format!("/api/v1/people/{}", ada.grant.user);
    let details: PersonDetails = world.get(&path, &root).await.json();
    assert_eq!((details.user, details.name.as_str()), (ada.grant.user, "ada"));
    assert_eq!(details.identity_key.as_slice(), ada.identity.public());
    assert_eq!(details.devices.len(), 1);
    assert_eq!(details.devices[0].device, ada.grant.device);
    assert_eq!(
        details.devices[0].registered_at.as_millis() % (24 * 3600 * 1000),
        0,
        "to the day"
    );
    for unknown in [
        UserId::from_bytes([0; 16]).to_string(),
        "nobody".to_owned(),
        "..%2F..".to_owned(),
    ] {
        let answer = world.get(&format!("/api/v1/people/{unknown}"), &root).await;
        assert_eq!(answer.code(), ErrorCode::NotFound);
    }
}
