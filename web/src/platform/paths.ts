/** The paths of the screen, written in one place; `app/routes.ts` reads them. */

export const HOME = '/';
export const SIGN_IN = '/sign-in';
export const RECOVER = '/recover';
export const SET_UP = '/setup';
export const SETTINGS = '/settings';
export const NEW_GROUP = '/new/group';
export const NEW_ROOM = '/new/room';
export const KEEP_NAME = '/keep-name';

/** Where links of rooms lead; the room and the secret follow. */
export const ROOM = '/r';

export function conversationPath(conversation: string): string {
  return `/c/${conversation}`;
}

export function detailsPath(conversation: string): string {
  return `/c/${conversation}/details`;
}

export function peoplePath(conversation: string): string {
  return `/c/${conversation}/people`;
}

/** The part of an invitation link behind which the server does not see. */
const INVITATION_HASH = '#invitation=';

/** The link by which someone creates an account with an invitation. */
export function invitationLink(invitation: string): string {
  return `${location.origin}${SIGN_IN}${INVITATION_HASH}${encodeURIComponent(invitation)}`;
}

/** The invitation in the address, if it was opened by such a link. */
export function invitationInAddress(): string {
  const { hash } = location;
  return hash.startsWith(INVITATION_HASH) ? decodeURIComponent(hash.slice(INVITATION_HASH.length)) : '';
}

/** Where one searches in a conversation. */
export function searchPath(conversation: string): string {
  return `/c/${conversation}/search`;
}

/** What somebody in a conversation tells of themselves. */
export function profilePath(conversation: string, user: string): string {
  return `/c/${conversation}/people/${user}`;
}

/** Where one searches everywhere. */
export const SEARCH = '/search';

/** What was put aside. */
export const ARCHIVE = '/archive';

/** The details, with what is pinned open. */
export function pinnedPath(conversation: string): string {
  return `${detailsPath(conversation)}${PINNED_HASH}`;
}

/** Behind an address of details: what is pinned shall be open. */
export const PINNED_HASH = '#pinned';

/** All keys. */
export const KEYS = '/keys';
