//! A text as a QR code, in the shape that a screen draws. What stands in it is the caller's matter.

use crate::client::Client;
use crate::convert::ToPage;
use crate::failure::Failure;
use fast_qr::{ECL, QRBuilder};
use serde::Serialize;
use std::fmt::Write as _;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

/// A QR code without the quiet zone around it.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct QrCodeView {
    /// Modules on each side.
    size: u32,
    /// The dark modules as an SVG path, one unit each.
    path: String,
}

#[wasm_bindgen]
impl Client {
    /// A text as a QR code.
    #[wasm_bindgen(js_name = qrCode)]
    pub fn qr_code(&self, text: String) -> Result<Ts<QrCodeView>, Failure> {
        encode(text)?.to_page()
    }
}

fn encode(text: String) -> Result<QrCodeView, Failure> {
    let code = QRBuilder::new(text)
        .ecl(ECL::M)
        .build()
        .map_err(|error| Failure::new("too_large", error.to_string()))?;
    let mut path = String::new();
    let rows = code.data.chunks(code.size).take(code.size);
    for (y, row) in rows.enumerate() {
        let dark = row.iter().enumerate().filter(|(_, module)| module.value());
        for (x, _) in dark {
            // Writing to a string cannot fail.
            let _infallible = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let size = u32::try_from(code.size).unwrap_or(u32::MAX);
    Ok(QrCodeView { size, path })
}
