//! The S3 server for tests as a program: `undertone-test-s3 DIRECTORY ADDRESS`. It runs until it is ended.

use std::env;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use undertone_test_s3::TestS3;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let [directory, address] = words.as_slice() else {
        return fail("undertone-test-s3 DIRECTORY ADDRESS");
    };
    let Ok(address) = address.parse::<SocketAddr>() else {
        return fail("the address is one of this machine, with a port");
    };
    match TestS3::start_at(Path::new(directory), address) {
        Ok(_server) => loop {
            thread::park();
        },
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> ExitCode {
    // Nobody is left to tell if this cannot be written.
    drop(std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("{message}\n").as_bytes(),
    ));
    ExitCode::FAILURE
}
