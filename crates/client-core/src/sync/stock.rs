//! The stock of key packages on the server, from which others add this device to conversations.

use crate::core::Core;
use crate::error::ClientError;
use std::time::Duration;
use undertone_wire::Bytes;
use undertone_wire::key_package::UploadKeyPackagesRequest;
use undertone_wire::limits::{KEY_PACKAGES_LOW, KEY_PACKAGES_PER_UPLOAD_MAX, KEY_PACKAGES_WANTED};

/// So many are made without a break: in a browser each takes milliseconds.
const MADE_AT_ONCE: usize = 10;

/// Brings the stock to its full number if it is low. The private parts are stored before anything is
/// uploaded; packages whose upload failed are never used.
pub(crate) async fn refill(core: &Core) -> Result<(), ClientError> {
    if core.refilling.replace(true) {
        return Ok(());
    }
    let done = refill_now(core).await;
    core.refilling.set(false);
    core.signal.notify();
    done
}

async fn refill_now(core: &Core) -> Result<(), ClientError> {
    let stock = core
        .account
        .authorized(async |token| core.api.key_package_stock(token).await)
        .await?;
    let available = usize::try_from(stock.available).unwrap_or(usize::MAX);
    if available >= KEY_PACKAGES_LOW && stock.has_last_resort {
        return Ok(());
    }
    let missing = KEY_PACKAGES_WANTED
        .saturating_sub(available)
        .min(KEY_PACKAGES_PER_UPLOAD_MAX);
    let mut key_packages: Vec<Bytes> = Vec::with_capacity(missing);
    while key_packages.len() < missing {
        let count = MADE_AT_ONCE.min(missing.saturating_sub(key_packages.len()));
        key_packages.extend(make(core, count, false)?);
        core.platform.sleep(Duration::ZERO).await;
    }
    let last_resort = if stock.has_last_resort {
        None
    } else {
        make(core, 1, true)?.pop()
    };
    let request = UploadKeyPackagesRequest {
        key_packages,
        last_resort,
    };
    core.account
        .authorized(async |token| core.api.upload_key_packages(token, &request).await)
        .await?;
    Ok(())
}

fn make(core: &Core, count: usize, last_resort: bool) -> Result<Vec<Bytes>, ClientError> {
    let me = core.me()?;
    let made = core.transaction(|| {
        core.groups
            .with_provider(|provider| me.mls.make_key_packages(provider, count, last_resort))
    })?;
    Ok(made.into_iter().map(Bytes::from).collect())
}
