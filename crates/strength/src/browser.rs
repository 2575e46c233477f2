//! The same for JavaScript: a module that the worker loads when it is needed. It is empty on any other target.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]

use wasm_bindgen::prelude::*;

/// What was found about a password.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Estimate(crate::Estimate);

#[wasm_bindgen]
impl Estimate {
    /// From 0, guessed at once, to 4, beyond guessing.
    #[wasm_bindgen(getter)]
    pub fn score(&self) -> u8 {
        self.0.score
    }

    /// What is weak about it and how to do better, in English.
    #[wasm_bindgen(getter)]
    pub fn hint(&self) -> Option<String> {
        self.0.hint.clone()
    }
}

/// Judges a password against a guesser who tries the known words first.
#[wasm_bindgen]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript hands strings over")]
pub fn estimate(password: &str, known: Vec<String>) -> Estimate {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Estimate(crate::estimate(password, &known))
}
