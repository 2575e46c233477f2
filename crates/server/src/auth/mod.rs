//! Who is calling: access tokens, refresh tokens, the extractor that every guarded handler has, and
//! the brakes on guessing. It is not where accounts are stored, nor where passwords are checked.

pub mod origin;

mod access_token;
mod address;
mod delay;
mod device;
mod pending_login;
mod proof_of_work;
mod secret;
mod verified;

pub use access_token::{AccessTokens, Claims, InvalidToken, SigningError, TOKEN_ISSUER};
pub use address::{AddressKey, ClientAddress, blind_address};
pub use delay::LoginDelays;
pub use device::{AuthedDevice, judge_session, read_access_token, require_device, verify_access_token};
pub use pending_login::{
    Pending, PendingLogin, PendingLogins, PendingRecoveries, PendingRecovery, TooManyLogins,
};
pub use proof_of_work::ProofsOfWork;
pub use secret::{InvalidSecret, RefreshToken, SessionId, Ticket, TokenHash, TypedCode};
