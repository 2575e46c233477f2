/** Limits that the screen tells before the core would refuse. The core checks them, whatever stands here. */

/** Most bytes of a message's text. */
export const TEXT_BYTES_MAX = 64 * 1024;
/** Most files of a message. */
export const FILES_MAX = 10;
/** Most bytes of the small picture that goes with a picture. */
export const THUMBNAIL_BYTES_MAX = 12 * 1024;
