//! What another member says of its files, checked on receipt: lengths and counts here, names and pictures
//! where they are shown.

use super::seal::KEY_BYTES;
use undertone_wire::content::{Attachment, FileReference};
use undertone_wire::limits::{
    FILE_BYTES_MAX, FILE_NAME_BYTES_MAX, FILES_PER_MESSAGE_MAX, MEDIA_TYPE_BYTES_MAX, TEXT_BYTES_MAX,
    THUMBNAIL_BYTES_MAX,
};

/// The length of a SHA-256.
const HASH_BYTES: usize = 32;

/// Whether files that arrived are within the limits.
pub(crate) fn is_valid(attachment: &Attachment) -> bool {
    let count = attachment.files.len();
    attachment.text.len() <= TEXT_BYTES_MAX
        && (1..=FILES_PER_MESSAGE_MAX).contains(&count)
        && attachment.files.iter().all(is_valid_file)
}

fn is_valid_file(file: &FileReference) -> bool {
    let thumbnail = file
        .preview
        .as_ref()
        .and_then(|preview| preview.thumbnail.as_ref());
    file.key.len() == KEY_BYTES
        && file.sha256.len() == HASH_BYTES
        && file.size <= FILE_BYTES_MAX
        && file.name.len() <= FILE_NAME_BYTES_MAX
        && file.media_type.len() <= MEDIA_TYPE_BYTES_MAX
        && thumbnail.is_none_or(|thumbnail| thumbnail.len() <= THUMBNAIL_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::content::Preview;
    use undertone_wire::{BlobId, Bytes};

    fn reference() -> FileReference {
        FileReference {
            blob: BlobId::from_bytes([1; 16]),
            key: Bytes(vec![2; 32]),
            size: FILE_BYTES_MAX,
            sha256: Bytes(vec![3; 32]),
            name: "n".repeat(FILE_NAME_BYTES_MAX),
            media_type: "m".repeat(MEDIA_TYPE_BYTES_MAX),
            preview: Some(Preview {
                width: u32::MAX,
                height: 0,
                thumbnail: Some(Bytes(vec![0; THUMBNAIL_BYTES_MAX])),
            }),
            duration_ms: None,
        }
    }

    fn message(files: Vec<FileReference>) -> Attachment {
        Attachment {
            text: "t".repeat(TEXT_BYTES_MAX),
            files,
        }
    }

    #[test]
    fn the_limits_can_be_reached() {
        assert!(is_valid(&message(vec![reference(); FILES_PER_MESSAGE_MAX])));
    }

    #[test]
    fn what_is_beyond_a_limit_is_refused() {
        assert!(!is_valid(&message(Vec::new())));
        assert!(!is_valid(&message(vec![reference(); FILES_PER_MESSAGE_MAX + 1])));
        let mut long = message(vec![reference()]);
        long.text.push('t');
        assert!(!is_valid(&long));
        let changes: [fn(&mut FileReference); 7] = [
            |file| file.key = Bytes(vec![2; 31]),
            |file| file.sha256 = Bytes(vec![3; 33]),
            |file| file.sha256 = Bytes::default(),
            |file| file.size = FILE_BYTES_MAX + 1,
            |file| file.name.push('n'),
            |file| file.media_type.push('m'),
            |file| {
                let thumbnail = Some(Bytes(vec![0; THUMBNAIL_BYTES_MAX + 1]));
                file.preview = file
                    .preview
                    .take()
                    .map(|preview| Preview { thumbnail, ..preview });
            },
        ];
        for change in changes {
            let mut file = reference();
            change(&mut file);
            assert!(!is_valid(&message(vec![reference(), file])));
        }
    }
}
