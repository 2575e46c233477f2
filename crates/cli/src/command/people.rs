//! `contacts` and `devices`.

use super::Open;
use super::result::{DeviceResult, PersonResult};
use crate::args::ContactsArgs;
use crate::error::CliError;
use crate::output::printable;
use undertone_wire::Timestamp;

pub(super) async fn contacts(open: &mut Open, args: ContactsArgs) -> Result<(), CliError> {
    open.catch_up().await?;
    let mut after = None;
    loop {
        let page = open.client.people(args.query.clone(), after).await?;
        for person in &page.people {
            open.output
                .print(&PersonResult::from(person), |person| printable(&person.name))?;
        }
        // The last name is where the next page begins.
        after = page.people.last().map(|person| person.user_name.clone());
        if !page.more || after.is_none() {
            return Ok(());
        }
    }
}

pub(super) async fn devices(open: &mut Open) -> Result<(), CliError> {
    open.catch_up().await?;
    for device in open.client.devices().await? {
        let registered_at = Timestamp::from_millis(device.registered_at_ms);
        let result = DeviceResult {
            device: device.device,
            current: device.current,
            registered_at,
        };
        open.output.print(&result, |device| {
            let here = if device.current { "  this device" } else { "" };
            format!("{}  since {}{here}", device.device, device.registered_at)
        })?;
    }
    Ok(())
}
