//! What the fuzz targets share: valid bytes to damage. It is not a target itself.

#[path = "../../crates/mls/tests/people/mod.rs"]
mod people;

// The parser alone: the rest of the client would bring a database with it.
#[path = "../../crates/client-core/src/markup/mod.rs"]
#[allow(dead_code, missing_docs, unexpected_cfgs, reason = "a part of another crate")]
mod markup;

mod room;

pub use room::HonestRoom;

use people::{Person, begin, deliver, seen};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use undertone_mls::PublicState;
use undertone_wire::conversation::CommitBundle;
use undertone_wire::{Bytes, ConversationId, DeviceId, codec};

/// What an honest device sends, and the server's state before it. The keys are new in every run.
pub struct Honest {
    /// The server's state, in epoch 1.
    pub state: PublicState,
    /// Which conversation it is.
    pub conversation: ConversationId,
    /// Who sends.
    pub sender: DeviceId,
    /// A commit that adds a device.
    pub bundle: CommitBundle,
    /// An encrypted message.
    pub message: Vec<u8>,
    /// A key package.
    pub key_package: Vec<u8>,
    /// A device's certificate.
    pub certificate: Vec<u8>,
}

impl Honest {
    /// Two people in a conversation; one of them adds a device.
    pub fn new() -> Self {
        let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
        let mut talk = begin(&ada, &[&ben]);
        let message = talk.groups[1]
            .encrypt(&ben.provider, &ben.device, b"hello", [7; 32])
            .unwrap();
        let added = ben.second_device(21).key_package();
        let commit = talk.groups[0]
            .add(&ada.provider, &ada.device, &[added], &seen())
            .unwrap();
        Self {
            state: talk.state,
            conversation: people::conversation(),
            sender: ada.device_id,
            bundle: deliver(&commit),
            message,
            key_package: ben.key_package(),
            certificate: ben.device.certificate,
        }
    }
}

impl Default for Honest {
    fn default() -> Self {
        Self::new()
    }
}

/// Damages valid bytes as the input says, so that more than the first check is reached. The input's
/// first byte chooses how, the next two say where; the rest overwrites, is inserted, or stands alone.
pub fn damaged(valid: &[u8], input: &[u8]) -> Vec<u8> {
    let [how, high, low, rest @ ..] = input else {
        return input.to_vec();
    };
    let at = usize::from(u16::from_be_bytes([*high, *low])) % (valid.len() + 1);
    let (before, after) = valid.split_at(at);
    match how % 4 {
        0 => rest.to_vec(),
        1 => before.to_vec(),
        2 => [before, rest, after].concat(),
        _ => [before, rest, after.get(rest.len()..).unwrap_or_default()].concat(),
    }
}

/// The same for bytes as they travel.
pub fn damaged_bytes(valid: &Bytes, input: &[u8]) -> Bytes {
    damaged(valid.as_slice(), input).into()
}

/// What of a member's public message a server can check. The tag at its end proves membership to members
/// alone: they pass over a message whose tag is wrong (RFC 9420, section 6.2).
pub fn without_membership_tag(message: &[u8]) -> &[u8] {
    const TAG_BYTES: usize = 32;
    message
        .get(..message.len().saturating_sub(TAG_BYTES))
        .unwrap_or_default()
}

/// Decodes; what can be decoded must stay the same when it is encoded and decoded again.
pub fn decode<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let value: T = codec::from_cbor(bytes).ok()?;
    let again = codec::to_cbor(&value).expect("what was decoded can be encoded");
    assert_eq!(codec::from_cbor::<T>(&again).expect("and decoded again"), value);
    Some(value)
}

/// Reads a text as a message. Only what a browser may open is a link, and nothing turns the direction.
pub fn markup(text: &str) {
    let blocks = markup::parse(text);
    let _mentioned = markup::mentioned(&blocks);
    let shown = markup::plain_with(text, markup::Spoilers::Shown);
    assert!(!shown.contains(['\u{202e}', '\u{1b}']), "what is shown is clean");
    blocks.iter().for_each(block_opens_safely);
}

fn block_opens_safely(block: &markup::Block) {
    match block {
        markup::Block::Paragraph(inlines) => inlines.iter().for_each(inline_opens_safely),
        markup::Block::Code { .. } => {}
        markup::Block::Quote(blocks) => blocks.iter().for_each(block_opens_safely),
        markup::Block::List { items, .. } => items.iter().flatten().for_each(block_opens_safely),
    }
}

fn inline_opens_safely(inline: &markup::Inline) {
    use markup::Inline;
    if let Inline::Link { href, .. } = inline {
        let schemes = ["http://", "https://", "mailto:"];
        assert!(schemes.iter().any(|scheme| href.starts_with(scheme)), "{href}");
    }
    match inline {
        Inline::Bold(inlines)
        | Inline::Italic(inlines)
        | Inline::Strike(inlines)
        | Inline::Link { inlines, .. }
        | Inline::Spoiler(inlines) => inlines.iter().for_each(inline_opens_safely),
        Inline::Text(_)
        | Inline::Code(_)
        | Inline::Mention { .. }
        | Inline::MentionRole(_)
        | Inline::LineBreak => {}
    }
}
