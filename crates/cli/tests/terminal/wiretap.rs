//! Records every byte between a client and the server, in both directions. It changes nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// See the module. Ends with the test's process.
pub(crate) struct Wiretap {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Wiretap {
    /// Listens before the server at `http://localhost:PORT`.
    pub(crate) fn before(server: &str) -> Self {
        let port: u16 = server.rsplit(':').next().unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&heard);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                pass(
                    client.try_clone().unwrap(),
                    server.try_clone().unwrap(),
                    Arc::clone(&record),
                );
                pass(server, client, Arc::clone(&record));
            }
        });
        Self { url, heard }
    }

    /// All that was said.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, record: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut chunk = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut chunk) {
            record.lock().unwrap().extend(&chunk[..length]);
            if to.write_all(&chunk[..length]).is_err() {
                break;
            }
        }
        // The other direction ends by itself if this one is gone already.
        drop(to.shutdown(Shutdown::Both));
    });
}
