/** What can be done with several messages that were chosen. */
import { Copy, Forward, Star, Trash2, X } from 'lucide-react';
import type { MessageKey, MessageView } from '../core/types';
import { words } from '../i18n/words';
import { type Action, done, PALETTE, type Place } from './action';
import type { MessageActs } from './message-acts';

/** The chosen ones. */
export interface ChosenSubject {
  readonly keys: readonly MessageKey[];
  /** Those of them that are held. */
  readonly messages: readonly MessageView[];
  readonly acts: MessageActs;
  /** Chooses none any more. */
  readonly stop: () => void;
}

const hasSome = ({ keys }: ChosenSubject) => keys.length > 0;
const group = 'timeline';
const places: readonly Place[] = ['palette', 'chosen'];

function described(): readonly Action<ChosenSubject>[] {
  const { select } = words.chat;
  /** It is done, and with it the choosing. */
  const last = (work: (subject: ChosenSubject) => void) => (subject: ChosenSubject) =>
    done(() => {
      work(subject);
      subject.stop();
    });
  return [
    { id: 'chosen-copy', label: select.copy, icon: Copy, group, places, isPossible: hasSome, run: last(({ acts, messages }) => acts.onCopy(messages)) },
    { id: 'chosen-forward', label: select.forward, icon: Forward, directional: true, group, places, isPossible: hasSome, run: ({ acts, keys }) => done(() => acts.onForward(keys)) },
    {
      id: 'chosen-star', label: select.star, icon: Star, group, places, isPossible: hasSome,
      run: last(({ acts, messages }) => {
        for (const message of messages) if (!message.starred) acts.onStar(message);
      }),
    },
    { id: 'chosen-delete', label: select.remove, icon: Trash2, group, places, isPossible: hasSome, run: last(({ acts, keys }) => acts.onDeleteHere(keys)) },
  ];
}

/** What ends the choosing. It stands before the others, and before how many they are. */
export const STOP: Action<ChosenSubject> = {
  id: 'chosen-stop', label: words.chat.select.stop, icon: X, group, places: PALETTE, keys: { key: 'Escape' }, run: ({ stop }) => done(stop),
};

/** All of them. */
export const CHOSEN_ACTIONS: readonly Action<ChosenSubject>[] = [STOP, ...described()];
