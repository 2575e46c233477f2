/**
 * Links and codes of rooms, as they are typed, pasted and kept in the address bar. The secret stands behind `#`,
 * which browsers do not send. What the secret means is the core's matter, not this module's.
 */
import { navigate } from './location';
import { ROOM } from './paths';

/** Characters of a code without its dashes. */
const CODE_CHARS = 24;
const GROUP_CHARS = 4;

/** Whether a text is meant as a link, not as a code. */
export function isLink(text: string): boolean {
  return text.includes('/') || text.includes('#');
}

function bareCode(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z2-7]/gu, '');
}

/** A code as far as it is typed, in groups of four; links stay as they are. */
export function groupCode(text: string): string {
  if (isLink(text)) return text.trim();
  const code = bareCode(text).slice(0, CODE_CHARS);
  const groups = code.match(/.{1,4}/gu) ?? [];
  const isOpen = code.length > 0 && code.length < CODE_CHARS && code.length % GROUP_CHARS === 0;
  return groups.join('-') + (isOpen ? '-' : '');
}

/** What was typed or pasted. */
export type Invitation =
  /** An address of this page. */
  | { readonly kind: 'here'; readonly address: string }
  /** A link of another server. */
  | { readonly kind: 'elsewhere'; readonly host: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'malformed' };

function linkTarget(text: string): Invitation {
  const withScheme = /^[a-z]+:\/\//iu.test(text) ? text : `${location.protocol}//${text.replace(/^\/+/u, `${location.host}/`)}`;
  if (!URL.canParse(withScheme)) return { kind: 'malformed' };
  const url = new URL(withScheme);
  if (url.host !== location.host) return { kind: 'elsewhere', host: url.host };
  const isRoom = url.pathname === ROOM || url.pathname.startsWith(`${ROOM}/`);
  return isRoom && url.hash.length > 1 ? { kind: 'here', address: url.pathname + url.hash } : { kind: 'malformed' };
}

/** Reads a link or a code. */
export function invitationFrom(typed: string): Invitation {
  const text = typed.trim();
  if (text === '') return { kind: 'empty' };
  if (isLink(text)) return linkTarget(text);
  const code = bareCode(text);
  return code.length === CODE_CHARS ? { kind: 'here', address: `${ROOM}#${groupCode(code)}` } : { kind: 'malformed' };
}

/** What the core is asked with, for an address of this page: the link, or the code alone. Nothing, if there is no secret in it. */
export function invitationAt(path: string, fragment: string): string | undefined {
  if (fragment.length < 2) return undefined;
  return path === ROOM ? fragment.slice(1) : `${location.origin}${path}${fragment}`;
}

let laidAside: string | undefined;

/** Keeps an invitation while its reader signs in: in this page's memory only. */
export function layInvitationAside(): void {
  laidAside = location.pathname + location.hash;
}

/** Goes back to the invitation that was laid aside; false if there is none. */
export function resumeInvitation(): boolean {
  if (laidAside === undefined) return false;
  navigate(laidAside, { replace: true });
  laidAside = undefined;
  return true;
}
