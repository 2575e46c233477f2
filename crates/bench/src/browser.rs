//! The same measurements, called from JavaScript, which passes its clock in.

use crate::groups::{self, Plan};
use crate::search;
use undertone_client_core::store::StoreLocation;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

/// Measures groups and returns the figures as JSON. `now` is `() => performance.now()`, `tell` hears what
/// comes next.
#[wasm_bindgen]
pub fn groups(quick: bool, now: &js_sys::Function, tell: &js_sys::Function) -> Result<String, JsError> {
    let plan = if quick { Plan::QUICK } else { Plan::FULL };
    let clock = || time(now);
    let tell = |words: &str| {
        // Whether anybody listens changes nothing.
        let _heard = tell.call1(&JsValue::NULL, &words.into());
    };
    let figures =
        groups::measure(plan, &clock, &tell).map_err(|error| JsError::new(&format!("{error:#}")))?;
    serde_json::to_string(&figures).map_err(JsError::from)
}

/// Measures search in an encrypted store in the browser's own file system, and returns the figures as JSON.
/// Only a dedicated worker may call it.
#[wasm_bindgen]
pub async fn search(quick: bool, now: js_sys::Function) -> Result<String, JsError> {
    let messages = if quick { search::QUICK } else { search::FULL };
    let location = StoreLocation::Opfs {
        directory: "search".to_owned(),
    };
    let figures = search::measure(&location, messages, &|| time(&now)).await;
    let figures = figures.map_err(|error| JsError::new(&format!("{error:#}")))?;
    serde_json::to_string(&figures).map_err(JsError::from)
}

fn time(now: &js_sys::Function) -> f64 {
    let time = now.call0(&JsValue::NULL).ok();
    time.and_then(|time| time.as_f64()).unwrap_or(f64::NAN)
}
