/** All that can be done, in one list: what menus, bars, keys, the palette, what is typed after a slash and the page of all keys show. */
import { type Action, type ActionGroup, labelOf } from './action';
import { CHOSEN_ACTIONS } from './chosen';
import { CONVERSATION_ACTIONS, SEARCH_HERE } from './conversation';
import { AROUND, BEGINNING, GOING, JUMP, SEARCH_ALL } from './everywhere';
import { keysInWords } from './keys';
import { MESSAGE_ACTIONS } from './message';
import type { Scene } from './scene';

/** What is done with the screen and the open conversation. */
export const SCENE_ACTIONS: readonly Action<Scene>[] = [JUMP, SEARCH_HERE, SEARCH_ALL, ...BEGINNING, ...CONVERSATION_ACTIONS, ...AROUND, ...GOING];

/** An action and its key, in words. */
export interface KeyLine {
  readonly text: string;
  readonly keys: readonly string[];
}

function line<S>(action: Action<S>, text: string): readonly KeyLine[] {
  return action.keys ? [{ text: action.onKeysPage ?? text, keys: keysInWords(action.keys) }] : [];
}

/** Without a subject. */
function lineWithout<S>(action: Action<S>): readonly KeyLine[] {
  return line(action, typeof action.label === 'string' ? action.label : '');
}

/** The keys of a group, as the page of all keys shows them. Of messages none is at hand there. */
export function keyLines(group: ActionGroup, scene: Scene): readonly KeyLine[] {
  return [
    ...SCENE_ACTIONS.filter((action) => action.group === group).flatMap((action) => line(action, labelOf(action, scene))),
    ...MESSAGE_ACTIONS.filter((action) => action.group === group).flatMap(lineWithout),
    ...CHOSEN_ACTIONS.filter((action) => action.group === group).flatMap(lineWithout),
  ];
}
