//! The `WebSocket` protocol (RFC 6455) as little as the load needs them: the handshake, frames with a mask to the server,
//! frames without one from it. A full library would cost the load more than the server under test costs.

use crate::order::{Line, Target};
use anyhow::{Context as _, Result, bail, ensure};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The mask of all frames: it hides nothing here, but the server has to take it away.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// A binary frame that is whole.
const BINARY: u8 = 0x82;
/// Room for a few frames; it grows with what comes.
const BUFFER_BYTES: usize = 8 * 1024;
const BUFFER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The half that reads.
pub(super) type Reader = Box<dyn AsyncRead + Send + Unpin>;
/// The half that writes.
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// Opens connections to one server.
pub(super) struct Connector {
    target: Target,
    tls: Option<TlsConnector>,
}

impl Connector {
    pub(super) fn new(target: &Target) -> Result<Self> {
        let tls = match &target.authority {
            None => None,
            Some(path) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_file(path)?)?;
                let config = ClientConfig::builder()
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                Some(TlsConnector::from(Arc::new(config)))
            }
        };
        Ok(Self {
            target: target.clone(),
            tls,
        })
    }

    /// A WebSocket that is open, and what of its frames came with the answer.
    pub(super) async fn open(&self) -> Result<(Reader, Writer, Frames)> {
        let stream = TcpStream::connect(self.target.address).await?;
        stream.set_nodelay(true)?;
        let (mut reader, mut writer): (Reader, Writer) = match &self.tls {
            None => {
                let (reader, writer) = stream.into_split();
                (Box::new(reader), Box::new(writer))
            }
            Some(tls) => {
                let stream = tls.connect(ServerName::try_from("localhost")?, stream).await?;
                let (reader, writer) = split(stream);
                (Box::new(reader), Box::new(writer))
            }
        };
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.target.path
        );
        writer.write_all(request.as_bytes()).await?;
        writer.flush().await?;
        let mut frames = Frames::default();
        let head = frames.head(&mut reader).await?;
        ensure!(
            head.starts_with(b"HTTP/1.1 101 "),
            "{}",
            String::from_utf8_lossy(head)
        );
        Ok((reader, writer, frames))
    }
}

/// A frame to the server, masked once; counter and time are filled in each time.
pub(super) struct Masked {
    bytes: Vec<u8>,
    counter_at: usize,
    stamp_at: usize,
    payload_at: usize,
}

impl Masked {
    pub(super) fn line(line: &Line) -> Self {
        let bytes = Self::frame(&line.frame);
        let payload_at = bytes.len().saturating_sub(line.frame.len());
        Self {
            counter_at: line.counter_at,
            stamp_at: line.stamp_at,
            payload_at,
            bytes,
        }
    }

    /// A whole frame with this payload.
    pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![BINARY];
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(length), _) if length < 126 => bytes.push(0x80 | length),
            (_, Ok(length)) => {
                bytes.push(0x80 | 0x7e);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend(u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
            }
        }
        bytes.extend(MASK);
        bytes.extend(
            payload
                .iter()
                .zip(MASK.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        bytes
    }

    /// Appends the frame with this counter and time.
    pub(super) fn append(&self, to: &mut Vec<u8>, counter: u32, due: u64) {
        let begin = to.len() + self.payload_at;
        to.extend_from_slice(&self.bytes);
        let (counter, due) = (counter.to_be_bytes(), due.to_be_bytes());
        let parts = [
            (self.counter_at, counter.as_slice()),
            (self.stamp_at, due.as_slice()),
        ];
        for (at, value) in parts {
            let place = to.iter_mut().skip(begin + at);
            let mask = MASK.iter().cycle().skip(at % MASK.len());
            for ((to, byte), mask) in place.zip(value).zip(mask) {
                *to = byte ^ mask;
            }
        }
    }
}

/// The frames of the server, read together and taken one by one.
#[derive(Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// What of the buffer was not taken yet.
    begin: usize,
    end: usize,
}

impl Frames {
    /// Reads what has come; an error when nothing comes any more.
    pub(super) async fn fill(&mut self, reader: &mut Reader) -> Result<()> {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        } else if self.begin > 0 {
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        if self.end == self.buffer.len() {
            ensure!(self.end < BUFFER_BYTES_MAX, "a frame beyond all limits");
            self.buffer.resize((self.end * 2).max(BUFFER_BYTES), 0);
        }
        let room = self.buffer.get_mut(self.end..).context("no room")?;
        match reader.read(room).await? {
            0 => bail!("the server has closed the connection"),
            count => self.end += count,
        }
        Ok(())
    }

    /// The head of the HTTP answer, which comes before all frames.
    async fn head(&mut self, reader: &mut Reader) -> Result<&[u8]> {
        const END: &[u8] = b"\r\n\r\n";
        loop {
            let came = self.buffer.get(self.begin..self.end).unwrap_or_default();
            if let Some(at) = came.windows(END.len()).position(|bytes| bytes == END) {
                let begin = self.begin;
                self.begin += at + END.len();
                return self.buffer.get(begin..self.begin).context("no head");
            }
            self.fill(reader).await?;
        }
    }

    /// The next frame's payload, if all of it is here.
    pub(super) fn complete(&mut self) -> Option<&[u8]> {
        let rest = self.buffer.get(self.begin..self.end)?;
        let (&[_, short], rest) = rest.split_first_chunk::<2>()?;
        let (head, length) = match short & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes(*rest.first_chunk()?))),
            127 => (10, u64::from_be_bytes(*rest.first_chunk()?)),
            length => (2, length.into()),
        };
        let payload_at = self.begin + head;
        let end = payload_at.checked_add(usize::try_from(length).ok()?)?;
        if end > self.end {
            return None;
        }
        self.begin = end;
        self.buffer.get(payload_at..end)
    }

    /// The next frame, waited for.
    pub(super) async fn next(&mut self, reader: &mut Reader) -> Result<&[u8]> {
        loop {
            // Looked for twice, since the borrow of the first would last until the end.
            let (begin, found) = (self.begin, self.complete().is_some());
            self.begin = begin;
            if found {
                return self.complete().context("no frame");
            }
            self.fill(reader).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmask(frame: &[u8]) -> Vec<u8> {
        let masked = &frame[frame.len() - (frame.len() - 8)..];
        masked
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask)
            .collect()
    }

    #[test]
    fn counter_and_time_are_filled_in_under_the_mask() {
        let line = Line {
            frame: vec![0; 200],
            counter_at: 13,
            stamp_at: 190,
            members: 1,
            acknowledge: Vec::new(),
        };
        let mut bytes = Vec::new();
        Masked::line(&line).append(&mut bytes, 0x0102_0304, 0x0a0b_0c0d_0e0f_1011);
        let payload = unmask(&bytes);
        assert_eq!(payload[13..17], [1, 2, 3, 4]);
        assert_eq!(
            payload[190..198],
            [0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11]
        );
        assert!(payload[..13].iter().chain(&payload[198..]).all(|byte| *byte == 0));
    }

    #[tokio::test]
    async fn frames_come_out_whole_however_they_arrive() {
        let long = vec![7; 300];
        let frames = [&[0x82, 3, 1, 2, 3][..], &[0x82, 126, 1, 44], &long, &[0x82, 0]].concat();
        for size in [1, 2, 5, 1000] {
            let (mut to, from) = tokio::io::duplex(size);
            let mut reader: Reader = Box::new(from);
            let bytes = frames.clone();
            let writing = tokio::spawn(async move { to.write_all(&bytes).await });
            let mut seen = Frames::default();
            assert_eq!(seen.next(&mut reader).await.unwrap(), [1, 2, 3]);
            assert_eq!(seen.next(&mut reader).await.unwrap(), long);
            assert_eq!(seen.next(&mut reader).await.unwrap(), [0_u8; 0]);
            writing.await.unwrap().unwrap();
            assert!(seen.next(&mut reader).await.is_err());
        }
    }
}
