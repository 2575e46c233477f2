/** The hints at the foot of a palette: which keys choose and open. */
import { words } from '../i18n/words';
import { Kbd } from './Kbd';

/** What every palette says of its keys. */
export function paletteKeys(withActions = false) {
  const { keys, jump } = words;
  return {
    esc: keys.esc,
    enter: keys.enter,
    hints: (
      <>
        <span>
          <Kbd>{keys.up}</Kbd> <Kbd>{keys.down}</Kbd> {jump.choose}
        </span>
        <span>
          <Kbd>{keys.enter}</Kbd> {jump.open}
        </span>
        {withActions && (
          <span>
            <Kbd>{'>'}</Kbd> {jump.onlyActions}
          </span>
        )}
      </>
    ),
  };
}
