/** Listens for the keys of all actions. While a dialog or menu is open, keys belong to it. */
import { useEffect, useEffectEvent } from 'react';
import { actionFor, type Scene } from '../actions/everywhere';

export function useShortcuts(scene: Scene): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || document.querySelector('dialog[open], [data-menu]')) return;
    if (actionFor(event, scene)?.run(scene)) event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}
