//! Where and how the server wakes this device: kept on the device, told to the server, and told again
//! after a login. What a push service is told is the server's business (`wire::push`).

use crate::core::Core;
use crate::error::ClientError;
use crate::view::PushInfoView;
use undertone_wire::alphabet::BASE64URL;
use undertone_wire::push::{PushSubscription, PushTestResult};

/// The server's key for a subscription.
pub(crate) async fn info(core: &Core) -> Result<PushInfoView, ClientError> {
    let info = core
        .account
        .authorized(async |token| core.api.push_info(token).await)
        .await?;
    Ok(PushInfoView {
        public_key: BASE64URL.encode(info.public_key.as_slice()),
    })
}

/// Has this device woken there.
pub(crate) async fn subscribe(core: &Core, subscription: PushSubscription) -> Result<(), ClientError> {
    tell(core, &subscription).await?;
    Ok(core.store.save_push_subscription(Some(&subscription))?)
}

/// Has this device no longer woken. What the server was not told yet, it finds out from the push service.
pub(crate) async fn unsubscribe(core: &Core) -> Result<(), ClientError> {
    core.store.save_push_subscription(None)?;
    core.account
        .authorized(async |token| core.api.push_unsubscribe(token).await)
        .await?;
    Ok(())
}

/// Has the server wake this device once.
pub(crate) async fn test(core: &Core) -> Result<PushTestResult, ClientError> {
    let tested = core
        .account
        .authorized(async |token| core.api.push_test(token).await)
        .await?;
    Ok(tested.result)
}

/// A login made a new session: the server hears of the subscription again.
pub(crate) async fn renew(core: &Core) -> Result<(), ClientError> {
    match core.store.push_subscription()? {
        Some(subscription) => tell(core, &subscription).await,
        None => Ok(()),
    }
}

async fn tell(core: &Core, subscription: &PushSubscription) -> Result<(), ClientError> {
    core.account
        .authorized(async |token| core.api.push_subscribe(token, subscription).await)
        .await?;
    Ok(())
}
