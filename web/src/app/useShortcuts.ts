/** Listens for the keys of all actions. While a dialog or menu is open, keys belong to it. */
import { useEffect, useEffectEvent } from 'react';
import { ACTIONS, type Scene } from './actions';

export function useShortcuts(scene: Scene): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || document.querySelector('dialog[open], [data-menu]')) return;
    const action = ACTIONS.find((each) => each.matches(event));
    if (action?.run(scene)) event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}
