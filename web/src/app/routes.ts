/** The addresses of the screen and what each shows. */
import { conversationIdFrom } from '../core/ids';
import type { ConversationId } from '../core/types';

/** What an address shows. */
export type Route =
  | { readonly name: 'home' }
  | { readonly name: 'sign-in' }
  | { readonly name: 'recover' }
  | { readonly name: 'set-up' }
  | { readonly name: 'settings' }
  /** Before a room: what leads there stands behind the `#`. */
  | { readonly name: 'join' }
  | { readonly name: 'new-group' }
  | { readonly name: 'new-room' }
  /** A guest becomes an account. */
  | { readonly name: 'keep-name' }
  | { readonly name: 'conversation'; readonly conversation: ConversationId; readonly beside: Beside };

/** What stands beside a conversation, or over it where there is no room. */
type Beside = 'nothing' | 'details' | 'people';

/** Reads a path; what is no address of ours shows the first page. */
export function routeOf(path: string): Route {
  const [first, second, third] = path.split('/').filter(Boolean);
  if (first === 'sign-in') return { name: 'sign-in' };
  if (first === 'recover') return { name: 'recover' };
  if (first === 'setup') return { name: 'set-up' };
  if (first === 'settings') return { name: 'settings' };
  if (first === 'r') return { name: 'join' };
  if (first === 'keep-name') return { name: 'keep-name' };
  if (first === 'new' && second === 'group') return { name: 'new-group' };
  if (first === 'new' && second === 'room') return { name: 'new-room' };
  const conversation = first === 'c' && second !== undefined ? conversationIdFrom(second) : undefined;
  const beside = third === 'details' || third === 'people' ? third : 'nothing';
  if (conversation) return { name: 'conversation', conversation, beside };
  return { name: 'home' };
}
