//! What the clients say, made of the types of the wire once; the load only fills in counter and time.

use crate::order::{Line, Signs};
use anyhow::{Context as _, Result, ensure};
use undertone_wire::codec::to_cbor;
use undertone_wire::conversation::{EntryKind, LogEntry};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::stream::{Acknowledge, Authenticate, ClientFrame, FetchLog, ServerFrame};
use undertone_wire::{
    Bytes, ConversationId, Counter, DeviceId, Epoch, PROTOCOL_VERSION, Sequence, Timestamp,
};

/// A counter or sequence whose encoding has four bytes, as all have where these stand.
const FOUR_BYTES: u32 = 0x7a5b_3c1d;
/// Where a time goes in a payload: its last bytes, which nobody but members could read.
const STAMP: [u8; 8] = [0xa7, 0x5e, 0x13, 0xc9, 0x42, 0xf0, 0x6b, 0x8d];

/// Says who a client is.
pub(crate) fn hello(access_token: &str) -> Result<Vec<u8>> {
    Ok(to_cbor(&ClientFrame::Authenticate(Authenticate {
        version: PROTOCOL_VERSION,
        access_token: access_token.to_owned(),
    }))?)
}

/// A message into a conversation; `message` is a real one of its group, and counts as often as it is sent:
/// the server cannot read it.
pub(crate) fn line(
    conversation: ConversationId,
    epoch: Epoch,
    message: &[u8],
    members: usize,
) -> Result<Line> {
    let mut message = message.to_vec();
    stamp(&mut message)?;
    let frame = to_cbor(&ClientFrame::Send(SendMessageRequest {
        conversation,
        epoch,
        counter: Counter(FOUR_BYTES.into()),
        message: Bytes(message),
        expires_after_seconds: None,
        quiet: false,
    }))?;
    let acknowledge = to_cbor(&ClientFrame::Acknowledge(Acknowledge {
        conversation,
        sequence: Sequence(FOUR_BYTES.into()),
    }))?;
    ensure!(acknowledge.ends_with(&FOUR_BYTES.to_be_bytes()));
    Ok(Line {
        counter_at: find(&frame, &FOUR_BYTES.to_be_bytes())?,
        stamp_at: find(&frame, &STAMP)?,
        members: u64::try_from(members)?,
        frame,
        acknowledge,
    })
}

/// Asks for a part of a log.
pub(crate) fn fetch(conversation: ConversationId, after: u64, limit: u32) -> Result<Vec<u8>> {
    Ok(to_cbor(&ClientFrame::Fetch(FetchLog {
        conversation,
        after: Sequence(after),
        limit,
    }))?)
}

/// The frame in which the server delivers `message`.
pub(crate) fn entry(message: &[u8]) -> Result<Vec<u8>> {
    let mut message = message.to_vec();
    stamp(&mut message)?;
    Ok(to_cbor(&ServerFrame::Entry(LogEntry {
        conversation: ConversationId::from_bytes([1; 16]),
        sequence: Sequence(1000),
        kind: EntryKind::Message,
        epoch: Epoch(1),
        sender: DeviceId::from_bytes([2; 16]),
        counter: Counter(100),
        sent_at: Timestamp::from_millis(1_800_000_000_000),
        payload: Bytes(message),
        franking_mac: Bytes(vec![3; 32]),
    }))?)
}

/// By which the frames of the server are known.
pub(crate) fn signs(message: &[u8]) -> Result<Signs> {
    let entry = entry(message)?;
    let sequence = find(&entry, b"sequence")? + b"sequence".len();
    Ok(Signs {
        welcome: named("authenticated"),
        refused: named("refused"),
        log: named("log"),
        stamp_from_end: entry.len() - find(&entry, &STAMP)?,
        sequence_at: Some(sequence),
        entry: named("entry"),
        ping: to_cbor(&ClientFrame::Ping)?,
    })
}

/// The same for the reference, which sends back what it got behind something in front.
pub(crate) fn reference_signs(line: &Line) -> Result<Signs> {
    Ok(Signs {
        welcome: named("authenticated"),
        refused: named("refused"),
        log: named("log"),
        stamp_from_end: line.frame.len().checked_sub(line.stamp_at).context("no stamp")?,
        sequence_at: None,
        entry: named("entry"),
        ping: to_cbor(&ClientFrame::Ping)?,
    })
}

/// How the CBOR of a frame with that name begins: a map of one, and its key.
pub(crate) fn named(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap_or(23).min(23);
    [&[0xa1, 0x60 | length], name.as_bytes()].concat()
}

fn stamp(message: &mut [u8]) -> Result<()> {
    let (_, end) = message.split_last_chunk_mut::<8>().context("a short message")?;
    *end = STAMP;
    Ok(())
}

fn find(haystack: &[u8], needle: &[u8]) -> Result<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
        .context("a frame lacks what is looked for")
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::codec::from_cbor;

    #[test]
    fn counter_and_time_stand_where_the_line_says() {
        let id = ConversationId::from_bytes([7; 16]);
        let mut line = line(id, Epoch(1), &[9; 100], 10).unwrap();
        line.frame[line.counter_at..line.counter_at + 4].copy_from_slice(&5_u32.to_be_bytes());
        line.frame[line.stamp_at..line.stamp_at + 8].copy_from_slice(&[4; 8]);
        let ClientFrame::Send(request) = from_cbor(&line.frame).unwrap() else {
            panic!("another frame");
        };
        assert_eq!(request.counter, Counter(5));
        assert!(request.message.as_slice().ends_with(&[4; 8]));
    }

    #[test]
    fn an_entry_is_known_by_its_signs() {
        let message = [9; 100];
        let (signs, entry) = (signs(&message).unwrap(), entry(&message).unwrap());
        assert!(entry.starts_with(&signs.entry));
        assert!(entry[entry.len() - signs.stamp_from_end..].starts_with(&STAMP));
        let ping = from_cbor::<ClientFrame>(&signs.ping).unwrap();
        assert_eq!(ping, ClientFrame::Ping);
        let hello = from_cbor::<ClientFrame>(&hello("token").unwrap()).unwrap();
        assert!(matches!(hello, ClientFrame::Authenticate(_)));
    }
}
