/** The addresses of the screen and what each shows. */
import { conversationIdFrom } from '../core/ids';
import type { ConversationId } from '../core/types';

/** What an address shows. */
export type Route =
  | { readonly name: 'home' }
  | { readonly name: 'sign-in' }
  | { readonly name: 'set-up' }
  | { readonly name: 'settings' }
  | { readonly name: 'conversation'; readonly conversation: ConversationId; readonly details: boolean };

/** Reads a path; what is no address of ours shows the first page. */
export function routeOf(path: string): Route {
  const [first, second, third] = path.split('/').filter(Boolean);
  if (first === 'sign-in') return { name: 'sign-in' };
  if (first === 'setup') return { name: 'set-up' };
  if (first === 'settings') return { name: 'settings' };
  const conversation = first === 'c' && second !== undefined ? conversationIdFrom(second) : undefined;
  if (conversation) return { name: 'conversation', conversation, details: third === 'details' };
  return { name: 'home' };
}
