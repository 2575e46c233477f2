/** Listens for the keys of all actions. While a dialog or menu is open, keys belong to it. */
import { useEffect, useEffectEvent } from 'react';
import { actionFor } from '../actions/action';
import { SCENE_ACTIONS } from '../actions/registry';
import type { Scene } from '../actions/scene';

export function useShortcuts(scene: Scene): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || document.querySelector('dialog[open], [data-menu]')) return;
    if (actionFor(event, SCENE_ACTIONS, scene)?.run(scene)) event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}
