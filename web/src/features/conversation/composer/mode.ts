/** What is being written, and what goes with it. */
import type { Expiry, MessageView, OutgoingFile } from '../../../core/types';

/** What the words will be. */
export type Mode =
  | { readonly kind: 'new' }
  | { readonly kind: 'reply'; readonly to: MessageView }
  | { readonly kind: 'edit'; readonly message: MessageView };

/** Chosen for what is written next: a timer, none although the conversation has one, or as the conversation. */
export type TimerChoice = Expiry | 'none' | undefined;

/** What is sent. */
export interface Written {
  readonly text: string;
  readonly files: readonly OutgoingFile[];
}
