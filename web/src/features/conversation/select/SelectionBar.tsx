/** What can be done with several messages at once. It stands where one writes. */
import { useEffect, useEffectEvent } from 'react';
import { actionFor, doableAt, onSubject } from '../../../actions/action';
import { putAtHand } from '../../../actions/at-hand';
import { CHOSEN_ACTIONS, type ChosenSubject, STOP } from '../../../actions/chosen';
import { IconButton } from '../../../components/IconButton';
import { words } from '../../../i18n/words';

export function SelectionBar({ chosen }: { readonly chosen: ChosenSubject }) {
  const { select } = words.chat;
  const count = chosen.keys.length;
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (actionFor(event, CHOSEN_ACTIONS, chosen)?.run(chosen)) event.stopPropagation();
  });
  const read = useEffectEvent(() => ({ title: select.count(count), doables: doableAt('palette', CHOSEN_ACTIONS, chosen) }));
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    const takeAway = putAtHand('chosen', () => read());
    document.addEventListener('keydown', listener);
    return () => {
      document.removeEventListener('keydown', listener);
      takeAway();
    };
  }, []);
  const stop = onSubject(STOP, chosen);
  return (
    <div role="toolbar" aria-label={select.bar} className="mx-auto flex w-full max-w-measure items-center gap-1 rounded-bubble bg-raised p-1.5 edge">
      {stop.icon && <IconButton label={stop.label} icon={stop.icon} aria-keyshortcuts={stop.ariaKeys} onClick={stop.run} />}
      <p role="status" className="min-w-0 flex-1 truncate px-1 text-sm font-label tabular-nums">
        {select.count(count)}
      </p>
      {doableAt('chosen', CHOSEN_ACTIONS, chosen).map(
        ({ id, label, icon, directional, run }) => icon && <IconButton key={id} label={label} icon={icon} directional={directional} onClick={run} />,
      )}
    </div>
  );
}
