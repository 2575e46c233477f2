//! What stands between a socket and HTTP: who connects and then says nothing, or too little to tell which
//! version of HTTP they speak, is hung up on. Slow heads and bodies are limited where they are read.

use axum_server::accept::Accept;
use futures::TryFutureExt;
use futures::future::MapOk;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use undertone_wire::limits::HTTP_IDLE_MAX;

/// So many bytes tell the versions of HTTP apart: the words with which a connection of HTTP/2 begins.
const FIRST_WORDS_BYTES: usize = 24;

/// Accepts as another does, and expects the first words soon after.
#[derive(Debug, Clone)]
pub(crate) struct Impatient<A>(pub(crate) A);

/// What accepting makes of the stream.
type Wrap<S, V> = fn((S, V)) -> (FirstWords<S>, V);

impl<A, I, V> Accept<I, V> for Impatient<A>
where
    A: Accept<I, V>,
{
    type Stream = FirstWords<A::Stream>;
    type Service = A::Service;
    type Future = MapOk<A::Future, Wrap<A::Stream, A::Service>>;

    fn accept(&self, stream: I, service: V) -> Self::Future {
        let wrap: Wrap<A::Stream, A::Service> =
            |(stream, service)| (FirstWords::expect(stream, HTTP_IDLE_MAX), service);
        self.0.accept(stream, service).map_ok(wrap)
    }
}

/// A stream on which the first words must come within [`HTTP_IDLE_MAX`]; afterwards it is like any other.
#[derive(Debug)]
pub(crate) struct FirstWords<S> {
    stream: S,
    expected: Option<Expected>,
}

#[derive(Debug)]
struct Expected {
    bytes: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<S> FirstWords<S> {
    fn expect(stream: S, within: Duration) -> Self {
        let expected = Expected {
            bytes: FIRST_WORDS_BYTES,
            deadline: Box::pin(sleep(within)),
        };
        Self {
            stream,
            expected: Some(expected),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstWords<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        let Some(expected) = &mut this.expected else {
            return read;
        };
        if read.is_pending() {
            ready!(expected.deadline.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let came = buf.filled().len().saturating_sub(before);
        expected.bytes = expected.bytes.saturating_sub(came);
        if expected.bytes == 0 {
            this.expected = None;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstWords<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn too_few_words_end_it_and_enough_are_the_last_that_are_expected() {
        let (mut client, server) = duplex(100);
        let mut server = FirstWords::expect(server, Duration::from_millis(1));
        client.write_all(b"PRI * HTTP").await.unwrap();
        let mut words = [0; FIRST_WORDS_BYTES];
        let cut = server.read_exact(&mut words).await;
        assert_eq!(cut.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let (mut client, server) = duplex(100);
        let mut server = FirstWords::expect(server, HTTP_IDLE_MAX);
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .unwrap();
        server.read_exact(&mut words).await.unwrap();
        assert!(
            server.expected.is_none(),
            "whoever reads has deadlines of their own"
        );
    }
}
