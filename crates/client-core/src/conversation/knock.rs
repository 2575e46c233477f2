//! The door of a room that is opened from inside: who knocks, and letting them in or not.

use super::action::{self, Action, NewDevice};
use super::{claim, member};
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::view::KnockView;
use std::rc::Rc;
use undertone_mls::inspect_key_package;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::room::Knock;
use undertone_wire::{ConversationId, DeviceId};

/// Who stands at the door. Knocks that are not to be believed are left out.
pub(crate) async fn list(core: &Rc<Core>, id: ConversationId) -> Result<Vec<KnockView>, ClientError> {
    let knocks = fetch(core, id).await?;
    let views: Vec<_> = knocks
        .iter()
        .map(|(knock, certificate)| KnockView::of(certificate, knock.knocked_at))
        .collect();
    count(core, id, views.len());
    Ok(views)
}

/// Lets a device in.
pub(crate) async fn admit(core: &Rc<Core>, id: ConversationId, device: DeviceId) -> Result<(), ClientError> {
    let me = core.me()?;
    let knocks = fetch(core, id).await?;
    let waiting = knocks.len();
    let found = knocks.into_iter().find(|(knock, _)| knock.device == device);
    let (knock, certificate) = found.ok_or(ClientError::NobodyKnocks)?;
    let new = NewDevice {
        user: certificate.user,
        device,
        key_package: knock.key_package,
    };
    claim::with_pinned(core, &me, &[certificate], || Ok(()))?;
    // Whoever knocked has the link.
    let add = Action::Add {
        devices: vec![new],
        close: false,
    };
    action::perform(core, id, &[add]).await?;
    count(core, id, waiting.saturating_sub(1));
    Ok(())
}

/// Does not let a device in.
pub(crate) async fn refuse(core: &Rc<Core>, id: ConversationId, device: DeviceId) -> Result<(), ClientError> {
    member::active(core, id)?;
    core.account
        .authorized(async |token| core.api.refuse_knock(token, id, device).await)
        .await?;
    list(core, id).await.map(drop)
}

async fn fetch(core: &Core, id: ConversationId) -> Result<Vec<(Knock, DeviceCertificateBody)>, ClientError> {
    member::active(core, id)?;
    let answer = core
        .account
        .authorized(async |token| core.api.knocks(token, id).await)
        .await?;
    let now = core.platform.now();
    let believable = answer.knocks.into_iter().filter_map(|knock| {
        let info = inspect_key_package(knock.key_package.as_slice(), now).ok()?;
        (info.certificate.device == knock.device).then_some((knock, info.certificate))
    });
    Ok(believable.collect())
}

fn count(core: &Core, id: ConversationId, waiting: usize) {
    let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
    if core.knocks.borrow_mut().insert(id, waiting) != Some(waiting) {
        core.publish(Change::Conversations);
    }
}
