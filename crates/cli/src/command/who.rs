//! How people are named on the command line: by a name that means one of them, or by their id.

use super::Open;
use crate::error::CliError;
use undertone_client_core::ClientError;
use undertone_wire::{ConversationId, UserId, UserName};

/// Somebody on the server, who is to be added.
pub(super) async fn on_server(open: &Open, named: &str) -> Result<UserId, CliError> {
    let wanted = key(named);
    let mut after = None;
    loop {
        let page = open
            .client
            .people(wanted.clone().map(|_| named.to_owned()), after)
            .await?;
        let found = page.people.iter().find(|person| key(&person.user_name) == wanted);
        if let (Some(found), Some(_)) = (found, &wanted) {
            return Ok(found.user);
        }
        // The last name is where the next page begins.
        after = page.people.last().map(|person| person.user_name.clone());
        if wanted.is_none() || !page.more || after.is_none() {
            return named.parse().map_err(|_no_id| ClientError::UnknownPerson.into());
        }
    }
}

/// All of them.
pub(super) async fn all_on_server(open: &Open, named: &[String]) -> Result<Vec<UserId>, CliError> {
    let mut users = Vec::with_capacity(named.len());
    for name in named {
        users.push(on_server(open, name).await?);
    }
    Ok(users)
}

/// Somebody in a conversation.
pub(super) fn among_members(
    open: &Open,
    conversation: ConversationId,
    named: &str,
) -> Result<UserId, CliError> {
    let members = open.client.members(conversation)?;
    let people = members
        .iter()
        .map(|member| (member.user, member.user_name.as_str()));
    one_of(people, named)
}

/// Somebody whom this device knows, though they may not be in the conversation any more.
pub(super) fn among_known(open: &Open, named: &str) -> Result<UserId, CliError> {
    let known = open.client.contacts()?;
    let people = known
        .iter()
        .map(|person| (person.user, person.user_name.as_str()));
    match one_of(people, named) {
        Err(CliError::Client(ClientError::UnknownPerson)) => {
            named.parse().map_err(|_no_id| ClientError::UnknownPerson.into())
        }
        found => found,
    }
}

/// The one of these people whose id or name it is. Guests may be namesakes.
pub(super) fn one_of<'a, T: Copy + PartialEq + std::str::FromStr>(
    people: impl Iterator<Item = (T, &'a str)>,
    named: &str,
) -> Result<T, CliError> {
    let id: Option<T> = named.parse().ok();
    let wanted = key(named);
    let mut namesakes = Vec::new();
    for (person, name) in people {
        if Some(person) == id {
            return Ok(person);
        }
        if wanted.is_some() && key(name) == wanted {
            namesakes.push(person);
        }
    }
    match namesakes.as_slice() {
        [] => Err(ClientError::UnknownPerson.into()),
        [one] => Ok(*one),
        _ => Err(CliError::Ambiguous(named.to_owned())),
    }
}

/// What makes two spellings one name.
pub(super) fn key(name: &str) -> Option<String> {
    name.parse::<UserName>().ok().map(|name| name.unique_key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_person_and_an_id_always_does() {
        let [ada, brisk, brisker] = [1, 2, 3].map(|n| UserId::from_bytes([n; 16]));
        let people = [(ada, "Ada"), (brisk, "Brisk Magpie"), (brisker, "Brisk Magpie")];
        let found = |named: &str| one_of(people.into_iter(), named);
        assert_eq!(found("ada").unwrap(), ada);
        assert_eq!(found(&brisker.to_string()).unwrap(), brisker);
        assert!(matches!(found("Brisk Magpie"), Err(CliError::Ambiguous(_))));
        assert_eq!(found("Ben").unwrap_err().code(), "unknown_person");
    }
}
