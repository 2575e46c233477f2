//! Identifiers: one newtype each, text in JSON, bytes in CBOR. Not secrets, except where said.

use crate::alphabet::BASE32;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// The text of an id could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

fn encode(bytes: &[u8]) -> String {
    BASE32.encode(bytes)
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], InvalidId> {
    let bytes = BASE32.decode(text);
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(InvalidId)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        pub struct $name([u8; $len]);

        impl $name {
            /// How many bytes it has.
            pub const LEN: usize = $len;

            /// Takes bytes that were drawn at random or read from storage.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = InvalidId;
            fn try_from(bytes: &[u8]) -> Result<Self, InvalidId> {
                bytes.try_into().map(Self).map_err(|_| InvalidId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), encode(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                decode(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_str(&encode(&self.0))
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "an id of {} bytes", $len)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<$name, E> {
                        $name::try_from(bytes).map_err(E::custom)
                    }
                }
                if deserializer.is_human_readable() {
                    deserializer.deserialize_str(Visitor)
                } else {
                    deserializer.deserialize_bytes(Visitor)
                }
            }
        }

        #[cfg(all(feature = "typescript", target_arch = "wasm32"))]
        const _: () = {
            use wasm_bindgen::prelude::wasm_bindgen;
            #[wasm_bindgen(typescript_custom_section)]
            const BRANDED: &'static str = concat!(
                "export type ", stringify!($name), " = string & { readonly __brand: \"", stringify!($name), "\" };"
            );
        };
    };
}

id!(
    /// A person: an account, or later a guest. Drawn at random by the client at registration.
    UserId,
    16
);
id!(
    /// One device of a user: one leaf in each of its groups (RFC 9420 section 4). Drawn at random by the device.
    DeviceId,
    16
);
id!(
    /// A conversation, which is also the MLS `group_id`. Drawn at random by its creator.
    ConversationId,
    16
);
id!(
    /// A login under way, between the two OPAQUE requests. A secret of its client for a minute.
    LoginId,
    16
);
id!(
    /// The first 16 bytes of the SHA-256 of an identity key.
    IdentityHash,
    16
);
id!(
    /// The public name of a room's link, derived from its secret. Another after each rotation.
    RoomId,
    16
);
id!(
    /// The sealed bytes of a file on the server. Drawn at random by the client; who knows it and is signed in
    /// may fetch them.
    BlobId,
    16
);
id!(
    /// A message: the salted hash of its content ([`crate::content`]), the same for everyone who can read it.
    MessageId,
    32
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_text_in_json_and_bytes_in_cbor() {
        let id = UserId::from_bytes([7; 16]);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"a4dqobyha4dqobyha4dqobyha4\"");
        assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), id);
        let cbor = crate::codec::to_cbor(&id).unwrap();
        assert_eq!(cbor.len(), 17);
        assert_eq!(crate::codec::from_cbor::<UserId>(&cbor).unwrap(), id);
    }

    #[test]
    fn ids_of_a_wrong_length_or_alphabet_are_refused() {
        assert_eq!("".parse::<UserId>(), Err(InvalidId));
        assert_eq!("a4dqobyha4dqobyha4dqobyha".parse::<UserId>(), Err(InvalidId));
        assert_eq!("A4DQOBYHA4DQOBYHA4DQOBYHA4".parse::<UserId>(), Err(InvalidId));
        assert_eq!("a4dqobyha4dqobyha4dqobyh!4".parse::<UserId>(), Err(InvalidId));
    }
}
