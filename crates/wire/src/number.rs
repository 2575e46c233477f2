//! Counted things: one newtype each, so that a sequence is never taken for an epoch.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The one after this; stays at the end of the range rather than wrapping.
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// The place of an entry in its conversation's log: 1, 2, 3 … without gaps. 0 is before the first.
    Sequence
);
number!(
    /// The MLS epoch (RFC 9420 section 8.2).
    Epoch
);
number!(
    /// A device's own count of what it sent into one conversation: 1, 2, 3 … It is the idempotency key
    /// of a send, and inside the ciphertext it shows what the server withheld.
    Counter
);
