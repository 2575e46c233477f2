//! How long a device looks for words in a long history: the encrypted store alone, as a file, or in a
//! browser's own file system. No time is asserted, but that everything is found is.

use crate::measure::{Clock, Figure, Samples};
use anyhow::{Result, ensure};
use undertone_client_core::MessageKey;
use undertone_client_core::store::conversation::{Conversation, ConversationState};
use undertone_client_core::store::message::{Lifetime, Marks, MessageState, RowKind, StoredMessage};
use undertone_client_core::store::search::Search;
use undertone_client_core::store::{Store, StoreError, StoreKey, StoreLocation};
use undertone_client_core::testing::Checkpoints;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::{ConversationId, Counter, DeviceId, MessageId, Sequence, Timestamp, UserId};

/// So many messages there are.
pub const FULL: u32 = 100_000;
/// Only whether it works.
pub const QUICK: u32 = 500;

const RUNS: usize = 21;
const FOUND: u32 = 50;
/// So many messages are stored in one transaction.
const AT_ONCE: u32 = 1000;
const TALK: ConversationId = ConversationId::from_bytes([1; 16]);
const ADA: UserId = UserId::from_bytes([2; 16]);

/// What is looked for, and in which share of the messages it is.
const QUERIES: [(&str, &str, &str); 5] = [
    (
        "frequent word, newest",
        "frequent word, best",
        "{text files} : (\"tea\" *)",
    ),
    (
        "rare word, newest",
        "rare word, best",
        "{text files} : (\"zeppelin\" *)",
    ),
    (
        "two words, newest",
        "two words, best",
        "{text files} : (\"green\" * AND \"tea\" *)",
    ),
    ("Chinese, newest", "Chinese, best", "{text files} : (\"天气\")"),
    (
        "nothing, newest",
        "nothing, best",
        "{text files} : (\"unheardof\" *)",
    ),
];
const WORDS: [&str; 16] = [
    "green", "black", "coffee", "harbour", "lantern", "tomorrow", "evening", "about", "nothing", "letter",
    "window", "quiet", "seven", "river", "paper", "garden",
];

/// Stores so many messages in a new store, and looks for them.
pub async fn measure(location: &StoreLocation, messages: u32, clock: Clock<'_>) -> Result<Vec<Figure>> {
    let store = Store::open(location, &StoreKey::from_bytes([7; 32]), Checkpoints::default()).await?;
    store.add_conversation(&conversation())?;
    let mut samples = Samples::new(clock, format!("{messages} messages"));
    let mut chance = Chance(1);
    samples.time("all are stored", || -> Result<(), StoreError> {
        for batch in 0..messages.div_ceil(AT_ONCE) {
            let first = batch * AT_ONCE;
            store.transaction(|| -> Result<(), StoreError> {
                for number in first..messages.min(first + AT_ONCE) {
                    store.add_message(&message(number, words(number, &mut chance)))?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })?;
    for (newest, best, expression) in QUERIES {
        let search = Search {
            expression: expression.to_owned(),
            from: Timestamp::default(),
            until: Timestamp::from_millis(u64::MAX / 2),
            now: Timestamp::default(),
            limit: FOUND,
        };
        let missing = expression.contains("unheardof");
        for _ in 0..RUNS {
            let found = samples.time(newest, || store.search_newest(&search))?;
            ensure!(found.is_empty() == missing, "{expression} finds {}", found.len());
            let found = samples.time(best, || store.search_best(&search))?;
            ensure!(found.is_empty() == missing, "{expression} finds {}", found.len());
        }
    }
    Ok(samples.figures())
}

/// The same words in every run, on every machine: a linear congruence.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end).unwrap_or(0)
    }
}

/// A sentence of a few words: tea in every second one, a zeppelin in every hundredth, the weather in every tenth.
fn words(number: u32, chance: &mut Chance) -> String {
    let mut words: Vec<&str> = (0..4 + chance.below(16))
        .filter_map(|_| WORDS.get(chance.below(16)).copied())
        .collect();
    for (every, word) in [(2, "tea"), (100, "zeppelin"), (10, "今天天气很好")] {
        if number.is_multiple_of(every) {
            words.push(word);
        }
    }
    words.join(" ")
}

fn conversation() -> Conversation {
    Conversation {
        id: TALK,
        kind: ConversationKind::Direct,
        peer: Some(ADA),
        state: ConversationState::Active,
        sequence: Sequence(1),
        running_hash: vec![5; 32],
        own_counter: Counter(0),
        read_sequence: Sequence(1),
        begun_at: Timestamp::from_millis(10),
        creation: None,
        profile: None,
        people: 2,
    }
}

fn message(number: u32, text: String) -> StoredMessage {
    StoredMessage {
        row: 0,
        key: MessageKey::from_bytes(bytes(number)),
        conversation: TALK,
        message: MessageId::from_bytes(bytes(number)),
        sequence: Some(Sequence(u64::from(number) + 2)),
        sender: ADA,
        sender_device: DeviceId::from_bytes([3; 16]),
        own: false,
        state: MessageState::Sent,
        sent_at: Timestamp::from_millis(1_700_000_000_000 + u64::from(number) * 60_000),
        text,
        content: vec![0; 64],
        franking_mac: vec![0; 32],
        payload_hash: None,
        lifetime: Lifetime::default(),
        kind: RowKind::Message,
        marks: Marks::default(),
    }
}

/// A number as the bytes of an id.
fn bytes<const N: usize>(number: u32) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *to = from;
    }
    bytes
}
