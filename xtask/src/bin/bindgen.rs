//! Writes the JavaScript and TypeScript around compiled WebAssembly modules, all into one directory.
//! `cargo xtask` starts it; it is no command of its own.

use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((directory, modules @ [_, ..])) = args.split_last() else {
        bail!("usage: bindgen MODULE.wasm... DIRECTORY");
    };
    for module in modules {
        Bindgen::new()
            .input_path(module)
            .web(true)?
            .typescript(true)
            .omit_default_module_path(false)
            // Names of functions are a quarter of the download and help nobody there.
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(directory)?;
        check(Path::new(module), Path::new(directory))?;
    }
    Ok(())
}

/// What the C of SQLite calls and nobody brings becomes an import that no browser can resolve.
fn check(module: &Path, directory: &Path) -> Result<()> {
    let name = module.file_stem().context("a module has a name")?;
    let javascript = directory.join(name).with_extension("js");
    let javascript = fs::read_to_string(&javascript)?;
    ensure!(
        !javascript.contains("from \"env\""),
        "{} calls functions of C that are missing: look at SQLITE_WASM_RS_FLAGS in .cargo/config.toml",
        module.display()
    );
    Ok(())
}
