//! Writes the JavaScript and TypeScript around a compiled WebAssembly module.
//! `cargo xtask` starts it; it is no command of its own.

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [module, directory] = args.as_slice() else {
        bail!("usage: bindgen MODULE.wasm DIRECTORY");
    };
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(false)
        // Names of functions are a quarter of the download and help nobody there.
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(directory)
}
