//! The statements of accounts, devices and sessions. Both databases understand them as they stand:
//! parameters are numbered in the order in which they first appear.

/// Makes the one row of settings, if there is none.
pub(in crate::store) const INSERT_SETTINGS: &str = "
    insert into server_setting (id, name, registration, setup_token_hash, is_set_up)
    values (1, '', 'open', null, false)
    on conflict (id) do nothing";
/// Replaces the set-up token while nobody has used one.
pub(in crate::store) const RENEW_SETUP_TOKEN: &str = "
    update server_setting set setup_token_hash = $1 where id = 1 and is_set_up = false";
pub(in crate::store) const SELECT_SETTINGS: &str = "
    select name, registration, setup_token_hash, is_set_up from server_setting where id = 1";
/// Uses the set-up token up: of two who present it, one changes the row.
pub(in crate::store) const FINISH_SETUP: &str = "
    update server_setting set name = $1, registration = $2, setup_token_hash = null, is_set_up = true
    where id = 1 and is_set_up = false and setup_token_hash = $3";

/// Notes which key file the database belongs to, if that is not known yet.
pub(in crate::store) const INSERT_KEY_FILE: &str = "
    insert into key_file (id, identifier) values (1, $1) on conflict (id) do nothing";
pub(in crate::store) const SELECT_KEY_FILE: &str = "select 1 from key_file where id = 1 and identifier = $1";
pub(in crate::store) const SELECT_ANY_ACCOUNT: &str = "select 1 from account limit 1";

pub(in crate::store) const INSERT_ACCOUNT: &str = "
    insert into account (user_id, name, name_folded, name_key, password_file, identity_key, recovery_public_key,
        vault_sealed, vault_key_by_password, vault_key_by_recovery, is_admin, registered_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    on conflict do nothing";
pub(in crate::store) const SELECT_NAME_KEY: &str = "select 1 from account where name_key = $1";
pub(in crate::store) const SELECT_PASSWORD_FILE: &str = "
    select user_id, password_file from account where name_key = $1";
pub(in crate::store) const SELECT_ACCOUNT: &str = "
    select name, identity_key, is_admin, vault_sealed, vault_key_by_password, vault_key_by_recovery, guest_until
    from account where user_id = $1";
/// One page of names; the parameters are the searched text, the name before the page, and the size.
pub(in crate::store) const SELECT_PEOPLE: &str = "
    select user_id, name from account
    where guest_until is null and ($1 = '' or replace(name_folded, $1, '') <> name_folded) and name_folded > $2
    order by name_folded limit $3";

/// A guest whose name is nobody else's business.
pub(in crate::store) const INSERT_GUEST: &str = "
    insert into account (user_id, name, identity_key, is_admin, registered_at, guest_until)
    values ($1, $2, $3, false, $4, $5)
    on conflict do nothing";
/// Puts a guest's end off, if they have not become an account.
pub(in crate::store) const EXTEND_GUEST: &str = "
    update account set guest_until = $1 where user_id = $2 and guest_until is not null";
/// The clock was set: a guest's time stays as long as it was.
pub(in crate::store) const STEP_GUESTS: &str = "
    update account set guest_until = guest_until + $1 where guest_until is not null";
/// Makes an account of a guest: of two who want the same name, one changes a row.
pub(in crate::store) const BECOME_ACCOUNT: &str = "
    update account set name = $1, name_folded = $2, name_key = $3, password_file = $4, recovery_public_key = $5,
        vault_sealed = $6, vault_key_by_password = $7, vault_key_by_recovery = $8, guest_until = null
    where user_id = $9 and guest_until is not null";
pub(in crate::store) const SELECT_ENDED_DEVICES: &str = "
    select device_id from device where user_id in (select user_id from account where guest_until <= $1)";
/// What of a device stands in tables that do not refer to it, because its leaf may outlive it.
pub(in crate::store) const DELETE_MEMBERSHIPS: &str = "delete from member where device_id = $1";
pub(in crate::store) const DELETE_WELCOMES: &str = "delete from pending_welcome where device_id = $1";
pub(in crate::store) const DELETE_KNOCKS: &str = "delete from knock where device_id = $1";
/// A room in which nobody is left has ended: nobody could let anybody in.
pub(in crate::store) const END_EMPTY_ROOMS: &str = "
    update conversation set ends_at = $1
    where kind = 3 and (ends_at is null or ends_at > $1) and not exists (
        select 1 from member where member.conversation_id = conversation.conversation_id)";
/// Devices, sessions and key packages go with them.
pub(in crate::store) const DELETE_ENDED_GUESTS: &str = "delete from account where guest_until <= $1";

pub(in crate::store) const SELECT_RECOVERY_KEY: &str = "
    select user_id, recovery_public_key from account where name_key = $1";
pub(in crate::store) const REPLACE_PASSWORD: &str = "
    update account set password_file = $1, vault_key_by_password = $2
    where user_id = $3 and guest_until is null";

pub(in crate::store) const INSERT_INVITATION: &str = "
    insert into invitation (invitation_hash, made_by, expires_at, used_at) values ($1, $2, $3, null)";
/// Uses an invitation up: of two who present it, one changes the row.
pub(in crate::store) const USE_INVITATION: &str = "
    update invitation set used_at = $1 where invitation_hash = $2 and used_at is null and expires_at > $1";
pub(in crate::store) const FORGET_INVITATIONS: &str = "delete from invitation where expires_at <= $1";

pub(in crate::store) const INSERT_TICKET: &str = "
    insert into login_ticket (ticket_hash, user_id, expires_at) values ($1, $2, $3)";
/// Uses a ticket up: of two who present it, one deletes the row.
pub(in crate::store) const TAKE_TICKET: &str = "
    delete from login_ticket where ticket_hash = $1 and expires_at > $2 returning user_id";
pub(in crate::store) const FORGET_TICKETS: &str = "delete from login_ticket where expires_at <= $1";

pub(in crate::store) const INSERT_DEVICE: &str = "
    insert into device (device_id, user_id, certificate, signature_key, registered_at, revoked_at)
    values ($1, $2, $3, $4, $5, null)
    on conflict do nothing";
pub(in crate::store) const SELECT_DEVICE: &str = "
    select user_id, signature_key, revoked_at from device where device_id = $1";
pub(in crate::store) const SELECT_DEVICES: &str = "
    select device_id, certificate, registered_at from device where user_id = $1 and revoked_at is null
    order by device_id";
pub(in crate::store) const COUNT_DEVICES: &str = "
    select count(*) from device where user_id = $1 and revoked_at is null";
pub(in crate::store) const UPDATE_CERTIFICATE: &str = "
    update device set certificate = $1 where device_id = $2";
pub(in crate::store) const REVOKE_DEVICE: &str = "
    update device set revoked_at = $1 where device_id = $2 and user_id = $3 and revoked_at is null";

pub(in crate::store) const INSERT_SESSION: &str = "
    insert into session (session_id, device_id, current_hash, previous_hash, refreshed_at, revoked_at)
    values ($1, $2, $3, null, $4, null)";
/// All that a request needs to know of its session.
pub(in crate::store) const SELECT_SESSION: &str = "
    select account.user_id, account.name, account.is_admin, device.device_id, device.signature_key,
        session.current_hash, session.previous_hash, session.refreshed_at,
        coalesce(session.revoked_at, device.revoked_at), account.guest_until
    from session
    join device on device.device_id = session.device_id
    join account on account.user_id = device.user_id
    where session.session_id = $1";
/// Gives a successor to the newest token, if it still is the newest.
pub(in crate::store) const ADVANCE_SESSION: &str = "
    update session set previous_hash = current_hash, current_hash = $1, refreshed_at = $2
    where session_id = $3 and current_hash = $4 and revoked_at is null";
/// Gives another successor to the token whose successor was never used.
pub(in crate::store) const REPEAT_SESSION: &str = "
    update session set current_hash = $1, refreshed_at = $2
    where session_id = $3 and previous_hash = $4 and revoked_at is null";
/// Gives a successor to a token that is newer than the newest of the database.
pub(in crate::store) const CATCH_UP_SESSION: &str = "
    update session set current_hash = $1, refreshed_at = $2,
        previous_hash = case when session_id = $3 then $4 else previous_hash end
    where session_id = $3 and revoked_at is null";
pub(in crate::store) const REVOKE_SESSION: &str = "
    update session set revoked_at = $1 where session_id = $2 and revoked_at is null";
pub(in crate::store) const REVOKE_SESSIONS_OF_DEVICE: &str = "
    update session set revoked_at = $1 where device_id = $2 and revoked_at is null";
/// Gives a session another token, whatever its newest is.
pub(in crate::store) const RENEW_SESSION: &str = "
    update session set previous_hash = current_hash, current_hash = $1, refreshed_at = $2
    where session_id = $3 and revoked_at is null";
pub(in crate::store) const REVOKE_SESSIONS_OF_USER: &str = "
    update session set revoked_at = $1
    where revoked_at is null and device_id in (select device_id from device where user_id = $2)";
/// Sessions that nobody can refresh any more.
pub(in crate::store) const FORGET_SESSIONS: &str = "delete from session where refreshed_at <= $1";

/// Locks an account until the transaction ends, so that its devices are counted one by one. SQLite
/// has a single writer and does not need it.
pub(in crate::store) const LOCK_ACCOUNT_POSTGRES: &str =
    "select 1 from account where user_id = $1 for update";

/// Locks the guests whose time is over, so that none of them comes back while they are deleted.
pub(in crate::store) const LOCK_ENDED_GUESTS_POSTGRES: &str =
    "select 1 from account where guest_until <= $1 for update";

/// Every statement that both databases understand, for the test that prepares them.
#[cfg(test)]
pub(in crate::store) const ALL: &[&str] = &[
    INSERT_SETTINGS,
    RENEW_SETUP_TOKEN,
    SELECT_SETTINGS,
    FINISH_SETUP,
    INSERT_KEY_FILE,
    SELECT_KEY_FILE,
    SELECT_ANY_ACCOUNT,
    INSERT_ACCOUNT,
    SELECT_NAME_KEY,
    SELECT_PASSWORD_FILE,
    SELECT_ACCOUNT,
    SELECT_PEOPLE,
    INSERT_GUEST,
    EXTEND_GUEST,
    STEP_GUESTS,
    BECOME_ACCOUNT,
    SELECT_ENDED_DEVICES,
    DELETE_MEMBERSHIPS,
    DELETE_WELCOMES,
    DELETE_KNOCKS,
    DELETE_ENDED_GUESTS,
    END_EMPTY_ROOMS,
    SELECT_RECOVERY_KEY,
    REPLACE_PASSWORD,
    INSERT_INVITATION,
    USE_INVITATION,
    FORGET_INVITATIONS,
    INSERT_TICKET,
    TAKE_TICKET,
    FORGET_TICKETS,
    INSERT_DEVICE,
    SELECT_DEVICE,
    SELECT_DEVICES,
    COUNT_DEVICES,
    UPDATE_CERTIFICATE,
    REVOKE_DEVICE,
    INSERT_SESSION,
    SELECT_SESSION,
    ADVANCE_SESSION,
    REPEAT_SESSION,
    CATCH_UP_SESSION,
    RENEW_SESSION,
    REVOKE_SESSION,
    REVOKE_SESSIONS_OF_USER,
    REVOKE_SESSIONS_OF_DEVICE,
    FORGET_SESSIONS,
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn parameters_are_numbered_in_the_order_in_which_they_first_appear() {
        for statement in ALL {
            let mut known = 0;
            for parameter in statement.split('$').skip(1) {
                let digits = parameter.chars().take_while(char::is_ascii_digit);
                let number: u32 = digits.collect::<String>().parse().unwrap();
                assert!(number <= known + 1, "{statement}");
                known = known.max(number);
            }
        }
    }
}
