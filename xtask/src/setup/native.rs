//! What the native build needs beside Rust: a C compiler for SQLite, and perl and make for the OpenSSL in SQLCipher.

use crate::machine::{Missing, find_program, install_packages, package_command};
use crate::project::Project;

/// A C compiler for this machine.
pub(super) fn c_compiler(project: &Project) -> Result<(), Missing> {
    let there = || cfg!(windows) || find_program(&["cc", "gcc", "clang"]).is_some();
    if there() || (install_packages(project, &["gcc", "libc6-dev"]) && there()) {
        return Ok(());
    }
    Err(Missing::new(
        "a C compiler (SQLite is written in C)",
        package_command(&["gcc", "libc6-dev"]),
    ))
}

/// The programs by which OpenSSL builds itself.
pub(super) fn openssl_builders(project: &Project) -> Result<(), Missing> {
    let absent = |name: &&str| find_program(&[name]).is_none();
    let wanted: Vec<&str> = ["perl", "make"].into_iter().filter(absent).collect();
    if wanted.is_empty() || install_packages(project, &wanted) {
        return Ok(());
    }
    Err(Missing::new(
        &format!(
            "{} (the encrypted database is built with its own OpenSSL)",
            wanted.join(" and ")
        ),
        package_command(&wanted),
    ))
}
