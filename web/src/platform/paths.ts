/** The paths of the screen, written in one place; `app/routes.ts` reads them. */

export const HOME = '/';
export const SIGN_IN = '/sign-in';
export const SET_UP = '/setup';
export const SETTINGS = '/settings';

export function conversationPath(conversation: string): string {
  return `/c/${conversation}`;
}

export function detailsPath(conversation: string): string {
  return `/c/${conversation}/details`;
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
