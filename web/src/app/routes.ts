/** The addresses of the screen and what each shows. */
import { conversationIdFrom, userIdFrom } from '../core/ids';
import type { ConversationId, UserId } from '../core/types';

/** What an address shows. */
export type Route =
  | { readonly name: 'home' }
  | { readonly name: 'archive' }
  | { readonly name: 'sign-in' }
  | { readonly name: 'recover' }
  | { readonly name: 'set-up' }
  | { readonly name: 'settings' }
  | { readonly name: 'search' }
  | { readonly name: 'keys' }
  /** Before a room: what leads there stands behind the `#`. */
  | { readonly name: 'join' }
  | { readonly name: 'new-group' }
  | { readonly name: 'new-room' }
  /** A guest becomes an account. */
  | { readonly name: 'keep-name' }
  | {
      readonly name: 'conversation';
      readonly conversation: ConversationId;
      readonly beside: Beside;
      /** Whose profile stands beside it. */
      readonly person?: UserId;
    };

/** What stands beside a conversation, or over it where there is no room. */
export type Beside = 'nothing' | 'details' | 'people' | 'search' | 'profile';

function besideOf(third: string | undefined, fourth: string | undefined): Beside {
  if (third === 'people') return fourth === undefined ? 'people' : 'profile';
  return third === 'details' || third === 'search' ? third : 'nothing';
}

/** Reads a path; what is no address of ours shows the first page. */
export function routeOf(path: string): Route {
  const [first, second, third, fourth] = path.split('/').filter(Boolean);
  if (first === 'sign-in') return { name: 'sign-in' };
  if (first === 'recover') return { name: 'recover' };
  if (first === 'setup') return { name: 'set-up' };
  if (first === 'settings') return { name: 'settings' };
  if (first === 'archive') return { name: 'archive' };
  if (first === 'search') return { name: 'search' };
  if (first === 'keys') return { name: 'keys' };
  if (first === 'r') return { name: 'join' };
  if (first === 'keep-name') return { name: 'keep-name' };
  if (first === 'new' && second === 'group') return { name: 'new-group' };
  if (first === 'new' && second === 'room') return { name: 'new-room' };
  const conversation = first === 'c' && second !== undefined ? conversationIdFrom(second) : undefined;
  const person = fourth === undefined ? undefined : userIdFrom(fourth);
  const beside = besideOf(third, person);
  if (conversation) return { name: 'conversation', conversation, beside, ...(person && { person }) };
  return { name: 'home' };
}
