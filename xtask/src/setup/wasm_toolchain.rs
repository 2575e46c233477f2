//! What compiles Rust and C to WebAssembly: rustup's target where it can be had, else Debian's Rust with
//! its sources (the standard library is then built along), and clang for the C in SQLite.

use crate::environment;
use crate::machine::{Missing, find_program, install_packages, package_command};
use crate::process::Task;
use crate::project::Project;
use crate::screen;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The target of the web page.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest Rust that compiles the project: `rust-version` in Cargo.toml.
const RUST_MIN: (u32, u32) = (1, 95);

/// Debian's Rust, its sources and a linker for WebAssembly.
const DEBIAN_RUST: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Debian's C compiler that knows WebAssembly.
const DEBIAN_CLANG: [&str; 2] = ["clang-19", "llvm-19"];

/// Clang under all its names, newest first; SQLite needs 16 or later.
const CLANG: [&str; 8] = [
    "clang", "clang-22", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16",
];

/// The archiver that belongs to each.
const LLVM_AR: [&str; 8] = [
    "llvm-ar",
    "llvm-ar-22",
    "llvm-ar-21",
    "llvm-ar-20",
    "llvm-ar-19",
    "llvm-ar-18",
    "llvm-ar-17",
    "llvm-ar-16",
];

/// Where Homebrew keeps its clang: Apple's own cannot compile to WebAssembly.
const MAC_LLVM: [&str; 2] = ["/opt/homebrew/opt/llvm/bin", "/usr/local/opt/llvm/bin"];

/// Where Debian's toolchain lies.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// A Rust that can compile to WebAssembly.
#[derive(Debug, PartialEq, Eq)]
enum WasmRust {
    /// The project's own toolchain has the target.
    Project,
    /// Debian's, which builds the standard library along and needs to be told its linker.
    Debian { linker: PathBuf },
}

/// All that compiles to WebAssembly.
#[derive(Debug)]
pub(crate) struct WasmToolchain {
    rust: WasmRust,
    rust_version: String,
    clang: PathBuf,
    llvm_ar: PathBuf,
}

impl WasmToolchain {
    /// One line for people; it changes when the toolchain does.
    pub(crate) fn description(&self) -> String {
        let library = match self.rust {
            WasmRust::Project => "its own target",
            WasmRust::Debian { .. } => "standard library built along",
        };
        format!("{} ({library}), C by {}", self.rust_version, self.clang.display())
    }

    /// A cargo that compiles to WebAssembly: `build` and its options can follow.
    pub(crate) fn cargo_build(&self, project: &Project) -> Task {
        let task = match &self.rust {
            WasmRust::Project => project.cargo().args(["build"]),
            WasmRust::Debian { linker } => Task::new(DEBIAN_CARGO)
                .within(project.root())
                .args(["build", "-Zbuild-std=std,panic_abort"])
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", DEBIAN_RUSTC)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .without_env("LD_LIBRARY_PATH")
                .without_env("RUSTUP_TOOLCHAIN"),
        };
        task.args(["--target", TARGET])
            .env("CARGO_TARGET_DIR", project.wasm_target())
            .env("CC_wasm32_unknown_unknown", &self.clang)
            .env("AR_wasm32_unknown_unknown", &self.llvm_ar)
    }
}

/// Finds or installs the toolchain.
pub(super) fn toolchain(project: &Project) -> Result<WasmToolchain, Missing> {
    let (rust, rust_version) = find_rust().or_else(|| install_rust(project)).ok_or_else(|| {
        let remedy = format!(
            "rustup target add {TARGET}      (or on Debian: {})",
            package_command(&DEBIAN_RUST)
        );
        Missing::new("Rust for WebAssembly", remedy)
    })?;
    let (clang, llvm_ar) = find_clang().or_else(|| install_clang(project)).ok_or_else(|| {
        let remedy = format!(
            "{}      (elsewhere: dnf install clang llvm, brew install llvm)",
            package_command(&DEBIAN_CLANG)
        );
        Missing::new(
            "clang 16 or later with llvm-ar (SQLite for the browser is compiled from C)",
            remedy,
        )
    })?;
    Ok(WasmToolchain {
        rust,
        rust_version,
        clang,
        llvm_ar,
    })
}

fn find_rust() -> Option<(WasmRust, String)> {
    find_project_rust().or_else(find_debian_rust)
}

fn install_rust(project: &Project) -> Option<(WasmRust, String)> {
    if find_program(&["rustup"]).is_some() {
        screen::step(&format!("Installing Rust's target {TARGET}"));
        let added = Task::new("rustup")
            .args(["target", "add", TARGET])
            .within(project.root());
        if added.captured(project, "rustup").is_ok()
            && let Some(found) = find_project_rust()
        {
            return Some(found);
        }
        screen::step("rustup could not fetch it: trying Debian's Rust");
    }
    if !install_packages(project, &DEBIAN_RUST) {
        return None;
    }
    find_debian_rust()
}

/// The project's toolchain, if the target's standard library lies beside it.
fn find_project_rust() -> Option<(WasmRust, String)> {
    let library = Task::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .read()
        .ok()?;
    let mut files = std::fs::read_dir(Path::new(&library)).ok()?;
    files.next()?.ok()?;
    Some((
        WasmRust::Project,
        Task::new("rustc").args(["--version"]).read().ok()?,
    ))
}

/// Debian's toolchain, if it is new enough and has its sources and a linker.
fn find_debian_rust() -> Option<(WasmRust, String)> {
    if !Path::new(DEBIAN_CARGO).is_file() || !Path::new(DEBIAN_SOURCES).is_file() {
        return None;
    }
    let version = Task::new(DEBIAN_RUSTC)
        .args(["--version"])
        .without_env("LD_LIBRARY_PATH")
        .read()
        .ok()?;
    if rust_version(&version)? < RUST_MIN {
        return None;
    }
    Some((
        WasmRust::Debian {
            linker: wasm_linker()?,
        },
        version,
    ))
}

/// The linker that comes with Rust, else LLVM's.
fn wasm_linker() -> Option<PathBuf> {
    let sysroot = Task::new("rustc").args(["--print", "sysroot"]).read().ok();
    let host = Task::new("rustc").args(["--print", "host-tuple"]).read().ok();
    let own = sysroot.zip(host).map(|(sysroot, host)| {
        Path::new(&sysroot)
            .join("lib/rustlib")
            .join(host)
            .join("bin")
            .join("rust-lld")
    });
    own.filter(|path| path.is_file())
        .or_else(|| find_program(&["wasm-ld", "wasm-ld-19", "wasm-ld-18", "wasm-ld-16"]))
}

/// Major and minor number of `rustc 1.96.0 (…)`.
fn rust_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The compiler and archiver that `CC_wasm32_unknown_unknown` names, else the first pair that works.
fn find_clang() -> Option<(PathBuf, PathBuf)> {
    if let Some(named) = environment::variable("CC_wasm32_unknown_unknown") {
        let archiver = environment::variable("AR_wasm32_unknown_unknown").map(PathBuf::from);
        return Some((PathBuf::from(named), archiver.or_else(|| find_program(&LLVM_AR))?));
    }
    let on_path = CLANG.iter().zip(LLVM_AR).filter_map(|(clang, archiver)| {
        Some((
            find_program(&[clang])?,
            find_program(&[archiver]).or_else(|| find_program(&LLVM_AR))?,
        ))
    });
    let of_mac = MAC_LLVM.iter().map(|directory| {
        let directory = Path::new(directory);
        (directory.join("clang"), directory.join("llvm-ar"))
    });
    on_path
        .chain(of_mac)
        .find(|(clang, archiver)| archiver.is_file() && compiles_to_wasm(clang))
}

fn install_clang(project: &Project) -> Option<(PathBuf, PathBuf)> {
    install_packages(project, &DEBIAN_CLANG)
        .then(find_clang)
        .flatten()
}

/// Asks the compiler itself: version 16 or later, and built with the target.
fn compiles_to_wasm(clang: &Path) -> bool {
    let program = "#if __clang_major__ < 16\n#error too old\n#endif\nint one(void) { return 1; }\n";
    let child = Command::new(clang)
        .args(["--target=wasm32-unknown-unknown", "-c", "-x", "c", "-o", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written = child
        .stdin
        .take()
        .is_some_and(|mut input| input.write_all(program.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_versions_are_compared_as_numbers() {
        assert_eq!(rust_version("rustc 1.96.0 (ac68faa20 2026-05-25)"), Some((1, 96)));
        assert!(rust_version("rustc 1.100.0").unwrap() > RUST_MIN);
        assert!(rust_version("rustc 1.63.0 (Debian)").unwrap() < RUST_MIN);
        assert_eq!(rust_version("nonsense"), None);
    }

    #[test]
    fn a_program_that_is_no_compiler_does_not_compile() {
        assert!(!compiles_to_wasm(Path::new("there-is-no-such-compiler")));
    }
}
