/** What the user has at hand besides the screen: the message that has the focus, or those that are chosen. The palette offers what can be done with it. */
import type { Doable } from './action';

/** What is at hand, and what can be done with it. */
export interface AtHand {
  /** What it is, in words. */
  readonly title: string;
  readonly doables: readonly Doable[];
}

/** What was chosen goes before what has the focus. */
type What = 'chosen' | 'message';

const held = new Map<What, () => AtHand>();

/** Says what is at hand, from now until the answer is called. It is read only when somebody asks. */
export function putAtHand(what: What, read: () => AtHand): () => void {
  held.set(what, read);
  return () => {
    if (held.get(what) === read) held.delete(what);
  };
}

/** What is at hand now. */
export function atHand(): AtHand | undefined {
  return (held.get('chosen') ?? held.get('message'))?.();
}
