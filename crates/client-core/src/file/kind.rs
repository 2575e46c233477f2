//! How a file may be shown, by its media type. What is not named here is a row with a name: nothing that
//! can carry a program (SVG, HTML, PDF) is ever drawn in place.

use crate::view::FileKind;

/// How a file of this media type may be shown.
pub(crate) fn of(media_type: &str) -> FileKind {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "image/png" | "image/jpeg" | "image/webp" | "image/gif" | "image/avif" => FileKind::Picture,
        "video/mp4" | "video/webm" | "video/ogg" | "video/quicktime" => FileKind::Video,
        "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/ogg" | "audio/opus" | "audio/webm"
        | "audio/flac" | "audio/wav" | "audio/x-wav" | "audio/x-m4a" => FileKind::Audio,
        _ => FileKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_nothing_is_shown_in_place() {
        assert_eq!(of("image/PNG"), FileKind::Picture);
        assert_eq!(of("audio/ogg; codecs=opus"), FileKind::Audio);
        assert_eq!(of("video/mp4"), FileKind::Video);
        for other in [
            "image/svg+xml",
            "text/html",
            "application/pdf",
            "",
            "image/png\u{0}",
        ] {
            assert_eq!(of(other), FileKind::Other, "{other}");
        }
    }
}
