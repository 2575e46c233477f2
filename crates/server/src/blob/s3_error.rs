//! Why S3 did not do what was asked, in words that may be logged. What it answers, and what a request looked
//! like, may repeat keys and addresses: only the kind of the failure and S3's own word for it are kept.

use object_store::client::{HttpError, HttpErrorKind};
use std::error::Error;
use std::fmt;

/// Longer words are none.
const WORD_LENGTH_MAX: usize = 40;
/// Words that say that other settings are needed, whatever else an answer looks like.
const REFUSALS: [&str; 8] = [
    "AccessDenied",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidBucketName",
    "NoSuchBucket",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum S3Error {
    /// There is no such object.
    #[error("S3 does not have it")]
    Missing,
    /// An object has fewer bytes than it must.
    #[error("an object in S3 is shorter than its name says")]
    Short,
    /// The keys are wrong, or may not do this, or there is no such bucket.
    #[error("S3 refuses{0}")]
    Refused(S3Word),
    /// There was no answer in time.
    #[error("S3 does not answer in time")]
    Late,
    /// No connection can be made, or it broke.
    #[error("S3 cannot be reached")]
    Unreachable,
    /// S3 says that it cannot now.
    #[error("S3 fails{0}")]
    Failed(S3Word),
}

/// The word by which S3 names a failure, such as `SlowDown`; printed behind a colon, if there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Word(String);

impl fmt::Display for S3Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.0)
    }
}

impl S3Word {
    /// What stands in the first `<Code>` of an answer, if it is a word.
    fn within(answer: &str) -> Self {
        let word = answer
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"));
        let word = word.map(|(word, _)| word).filter(|word| {
            word.len() <= WORD_LENGTH_MAX && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        });
        Self(word.unwrap_or_default().to_owned())
    }
}

impl S3Error {
    /// What is kept of an error.
    pub(super) fn of(error: &object_store::Error) -> Self {
        use object_store::Error as Cause;
        let word = S3Word::within(&error.to_string());
        if let Some(kind) = transport(error) {
            return match kind {
                HttpErrorKind::Timeout => Self::Late,
                _ => Self::Unreachable,
            };
        }
        match error {
            _ if REFUSALS.contains(&word.0.as_str()) => Self::Refused(word),
            Cause::NotFound { .. } => Self::Missing,
            Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => Self::Refused(word),
            _ => Self::Failed(word),
        }
    }

    /// Whether trying again with the same settings may help.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Late | Self::Unreachable | Self::Failed(_))
    }
}

impl From<object_store::Error> for S3Error {
    fn from(error: object_store::Error) -> Self {
        Self::of(&error)
    }
}

/// The kind of the failure, if there was no answer at all.
fn transport(error: &(dyn Error + 'static)) -> Option<HttpErrorKind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return Some(http.kind());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_only_the_word_is_kept() {
        let answer = "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>";
        assert_eq!(S3Word::within(answer).to_string(), ": SignatureDoesNotMatch");
        for nothing in [
            "",
            "<Code>",
            "<Code>a key: AKIA</Code>",
            &format!("<Code>{}</Code>", "a".repeat(41)),
        ] {
            assert_eq!(S3Word::within(nothing).to_string(), "", "{nothing}");
        }
        let error = object_store::Error::PermissionDenied {
            path: "blobs/secret".to_owned(),
            source: answer.into(),
        };
        let kept = S3Error::of(&error);
        assert_eq!(kept.to_string(), "S3 refuses: SignatureDoesNotMatch");
        assert!(!kept.may_pass() && !format!("{kept:?}").contains("AKIA"));
    }
}
