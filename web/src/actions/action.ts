/** What an action is, whatever it is about: how it is called, where it stands, its key, and what it does. Which there are stands in `registry.ts`. */
import type { LucideIcon } from 'lucide-react';
import { type Chord, keysForReaders, keysInWords, onKey } from './keys';

/** Where an action stands on the page of all keys. */
export type ActionGroup = 'anywhere' | 'going' | 'timeline';

/** Where an action can be found, besides its key. */
export type Place =
  | 'palette'
  /** The menu of what is new. */
  | 'new'
  /** The head of a conversation. */
  | 'head'
  /** The menu of a message. */
  | 'menu'
  /** The few that stand beside a message without its menu. */
  | 'bar'
  /** Where one writes, while several messages are chosen. */
  | 'chosen'
  /** Under a message that was not sent. */
  | 'failed';

/** An action on a subject: the screen, a message, or several. */
export interface Action<S> {
  readonly id: string;
  readonly label: string | ((subject: S) => string);
  /** How it is called where little room is left, or where what is around it says the rest. @default the label */
  readonly brief?: string;
  /** How the page of all keys calls it, which has no subject at hand. @default the label */
  readonly onKeysPage?: string;
  readonly icon?: LucideIcon | undefined;
  /** While it would undo what is done. */
  readonly otherIcon?: { readonly icon: LucideIcon; readonly when: (subject: S) => boolean };
  /** The icon points somewhere, and turns around in right-to-left writing. @default false */
  readonly directional?: boolean;
  /** It takes something away. @default false */
  readonly danger?: boolean;
  readonly places: readonly Place[];
  /** In a menu: with which others it stands. */
  readonly section?: string;
  readonly group: ActionGroup;
  readonly keys?: Chord;
  /** They do the same, and are not shown. */
  readonly otherKeys?: readonly Chord[];
  /** Typed after a slash where one writes, it does the same. */
  readonly typed?: string;
  /** Whether it means anything now. @default always */
  readonly isPossible?: (subject: S) => boolean;
  /** Its key is taken from the browser even while it means nothing. @default false */
  readonly keepsKey?: boolean;
  /** Does it; false when there was nothing to do, so that the key keeps its own meaning. */
  readonly run: (subject: S) => boolean;
}

/** An action with its subject, ready to be shown and done. */
export interface Doable {
  readonly id: string;
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly directional: boolean;
  readonly danger: boolean;
  /** In words. */
  readonly keys?: readonly string[];
  /** For screen readers. */
  readonly ariaKeys?: string;
  readonly run: () => void;
}

/** Most actions stand in the palette alone. */
export const PALETTE: readonly Place[] = ['palette'];

/** Does something that cannot have nothing to do. */
export function done(work: () => unknown): boolean {
  work();
  return true;
}

function isPossible<S>(action: Action<S>, subject: S): boolean {
  return action.isPossible?.(subject) ?? true;
}

/** How an action is called now. */
export function labelOf<S>({ label }: Action<S>, subject: S): string {
  return typeof label === 'string' ? label : label(subject);
}

/** An action on this subject. */
export function onSubject<S>(action: Action<S>, subject: S, isBrief = false): Doable {
  const { id, keys, otherIcon, brief, directional = false, danger = false } = action;
  const icon = otherIcon?.when(subject) ? otherIcon.icon : action.icon;
  return {
    id,
    label: (isBrief ? brief : undefined) ?? labelOf(action, subject),
    ...(icon && { icon }),
    directional,
    danger,
    ...(keys && { keys: keysInWords(keys), ariaKeys: keysForReaders(keys) }),
    run: () => void action.run(subject),
  };
}

/** Those that mean something now, in one place. */
export function at<S>(place: Place, actions: readonly Action<S>[], subject: S): readonly Action<S>[] {
  return actions.filter((action) => action.places.includes(place) && isPossible(action, subject));
}

/** The same, ready to be shown. In the palette each says all of what it does. */
export function doableAt<S>(place: Place, actions: readonly Action<S>[], subject: S): readonly Doable[] {
  return at(place, actions, subject).map((action) => onSubject(action, subject, place !== 'palette'));
}

/** The same, as a menu shows them: those that belong together under each other. */
export function sectionsAt<S>(place: Place, actions: readonly Action<S>[], subject: S) {
  const all = at(place, actions, subject);
  const names = [...new Set(all.map(({ section = '' }) => section))];
  return names.map((name) => ({
    id: name,
    items: all
      .filter(({ section = '' }) => section === name)
      .map((action) => {
        const { run, ...item } = onSubject(action, subject, true);
        return { ...item, onChoose: run };
      }),
  }));
}

/** The action of a key, if it means anything now. */
export function actionFor<S>(event: KeyboardEvent, actions: readonly Action<S>[], subject: S): Action<S> | undefined {
  return actions.find((action) => {
    const { keys, otherKeys = [], keepsKey = false } = action;
    const isPressed = [...(keys ? [keys] : []), ...otherKeys].some((chord) => onKey(event, chord));
    return isPressed && (keepsKey || isPossible(action, subject));
  });
}
