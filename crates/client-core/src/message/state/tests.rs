//! Who may say what is agreed on, within which limits, and what of it is told.

use super::*;
use crate::people::picture::tests::png;
use crate::store::conversation::ConversationState as Stage;
use undertone_wire::group::GroupProfile;
use undertone_wire::limits::{PICTURE_BYTES_MAX, PICTURE_SIDE_MAX};
use undertone_wire::{Bytes, ConversationId, Counter, Sequence, Timestamp};

const ADA: UserId = UserId::from_bytes([1; 16]);
const BEN: UserId = UserId::from_bytes([2; 16]);

fn conversation(profile: GroupProfile) -> Conversation {
    Conversation {
        id: ConversationId::from_bytes([1; 16]),
        kind: profile.kind,
        peer: (profile.kind == ConversationKind::Direct).then_some(BEN),
        state: Stage::Active,
        sequence: Sequence(1),
        running_hash: Vec::new(),
        own_counter: Counter(0),
        read_sequence: Sequence(1),
        begun_at: Timestamp::default(),
        creation: None,
        profile: Some(profile),
        people: 2,
    }
}

#[test]
fn in_a_group_admins_say_what_is_agreed_on_and_between_two_both() {
    let direct = conversation(GroupProfile::direct(ADA, BEN));
    assert!(may_set(&direct, ADA) && may_set(&direct, BEN));
    let mut group = conversation(GroupProfile::group(ADA));
    assert!(may_set(&group, ADA) && !may_set(&group, BEN));
    let profile = group.profile.as_mut().unwrap();
    profile.set_role(BEN, Role::Admin);
    assert!(may_set(&group, BEN));
    group.profile = None;
    assert!(!may_set(&group, ADA));
}

#[test]
fn a_state_beyond_its_limits_does_not_count() {
    let picture = |bytes: Vec<u8>| ConversationState {
        picture: Some(Bytes(bytes)),
        ..ConversationState::default()
    };
    let of = |change: fn(&mut ConversationState)| {
        let mut state = ConversationState::default();
        change(&mut state);
        state
    };
    let good = [
        ConversationState::default(),
        of(|state| state.title = "t".repeat(TITLE_BYTES_MAX)),
        of(|state| state.timer = Some(Expiry::AfterRead(EXPIRY_SECONDS_MIN))),
        of(|state| state.history = HistorySharing::Messages(HISTORY_MESSAGES_MAX)),
        picture(png(PICTURE_SIDE_MAX, 1)),
    ];
    for state in good {
        assert!(is_valid(&state), "{state:?}");
    }
    let bad = [
        of(|state| state.title = "t".repeat(TITLE_BYTES_MAX + 1)),
        of(|state| state.topic = "t".repeat(TOPIC_BYTES_MAX + 1)),
        of(|state| state.timer = Some(Expiry::AfterSent(EXPIRY_SECONDS_MIN - 1))),
        of(|state| state.history = HistorySharing::Messages(HISTORY_MESSAGES_MAX + 1)),
        of(|state| state.history = HistorySharing::Hours(0)),
        picture([png(16, 16), vec![0; PICTURE_BYTES_MAX]].concat()),
        // A few bytes that would be gigabytes on a screen.
        picture(png(60_000, 60_000)),
        picture(png(PICTURE_SIDE_MAX + 1, 1)),
        picture(b"\x89PNG\r\n\x1a\n".to_vec()),
        picture(b"<svg>".to_vec()),
    ];
    for state in bad {
        assert!(!is_valid(&state), "{state:?}");
    }
}

#[test]
fn only_what_changed_is_told() {
    let before = ConversationState {
        title: "Tea".to_owned(),
        timer: Some(Expiry::AfterSent(60)),
        ..ConversationState::default()
    };
    assert_eq!(changes(&before, &before), []);
    let after = ConversationState {
        title: "Coffee".to_owned(),
        topic: "beans".to_owned(),
        picture: Some(Bytes(vec![1])),
        timer: None,
        history: HistorySharing::Hours(2),
    };
    let told: Vec<_> = changes(&before, &after)
        .into_iter()
        .map(|event| event.what)
        .collect();
    assert_eq!(
        told,
        [
            Happening::TitleChanged("Coffee".to_owned()),
            Happening::TopicChanged,
            Happening::PictureChanged,
            Happening::TimerChanged(None),
            Happening::HistoryChanged(HistorySharing::Hours(2)),
        ]
    );
}

#[test]
fn a_title_and_a_topic_are_shown_without_what_disturbs_the_text_around_them() {
    let tower = format!("Z{}", "\u{351}\u{352}\u{357}".repeat(20));
    let agreed = ConversationState {
        title: format!(" \u{202e}Tea\u{7}\n and\u{2066}  {tower}\u{200b}"),
        topic: format!("\u{202e}of\nthe day\u{0} {tower}"),
        ..ConversationState::default()
    };
    let shown = shown(agreed.clone());
    let low = format!("Z{}", "\u{351}\u{352}\u{357}".repeat(2)) + "\u{351}\u{352}";
    assert_eq!(shown.title, format!("Tea and {low}"));
    assert_eq!(shown.topic, format!("of\nthe day {low}"));
    assert_eq!((shown.timer, shown.history), (agreed.timer, agreed.history));
    // What shows nothing is nothing.
    assert_eq!(shown_title("\u{202e}\u{200d}"), "");
}
