//! What kind of file it is: whether it tells of its maker, and how it may be shown, by its media type. What
//! is not named here is a row with a name: nothing that can carry a program (SVG, HTML, PDF) is ever drawn in
//! place.

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

/// Whether a file may keep what it says about its maker: name, place, time, device, earlier versions. What
/// pictures say is taken out when they are sent (`super::strip`), plain text says nothing; all else does, or
/// nobody knows.
pub(crate) fn tells_of_maker(name: &str, media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    if matches!(essence.as_str(), "" | "application/octet-stream") {
        let ending = name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        return ending.is_none_or(|ending| !CLEAN_ENDINGS.contains(&ending.as_str()));
    }
    let is_text = essence.starts_with("text/") && essence != "text/rtf";
    !is_text && !CLEAN_TYPES.contains(&essence.as_str())
}

/// Pictures that are stripped, or have nothing that could tell, and text by other names.
const CLEAN_TYPES: [&str; 14] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/bmp",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/toml",
    "application/yaml",
    "application/x-sh",
];
/// For programs that do not say what a file is.
const CLEAN_ENDINGS: [&str; 38] = [
    "txt", "md", "log", "csv", "tsv", "json", "xml", "yaml", "yml", "toml", "ini", "conf", "diff", "patch",
    "c", "h", "cpp", "hpp", "cs", "css", "go", "java", "js", "ts", "tsx", "kt", "py", "rb", "rs", "sh",
    "png", "jpg", "jpeg", "webp", "gif", "heic", "heif", "avif",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_films_and_sounds_tell_of_their_maker_and_what_is_stripped_does_not() {
        for (name, media_type) in [
            ("a.pdf", "application/pdf"),
            ("a.PDF", ""),
            (
                "a.docx",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("a.odt", "application/vnd.oasis.opendocument.text"),
            ("film", "Video/MP4; codecs=avc1"),
            ("a.mov", "application/octet-stream"),
            ("voice.m4a", "audio/mp4"),
            ("scan.tiff", "image/tiff"),
            ("drawing.svg", "image/svg+xml"),
            ("raw.dng", ""),
            ("raw.CR3", "application/octet-stream"),
            ("backup.zip", "application/zip"),
            ("no ending", ""),
            ("letter.rtf", "text/rtf"),
        ] {
            assert!(tells_of_maker(name, media_type), "{name} {media_type}");
        }
        for (name, media_type) in [
            ("a.jpg", "image/jpeg"),
            ("a.heic", "image/HEIC"),
            ("a.gif", "image/gif"),
            ("notes.txt", "text/plain"),
            ("notes.pdf.txt", ""),
            ("code.rs", "application/octet-stream"),
            ("table.json", "application/json"),
        ] {
            assert!(!tells_of_maker(name, media_type), "{name} {media_type}");
        }
    }

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
