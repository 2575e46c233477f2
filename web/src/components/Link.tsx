/** A link inside the page: an ordinary one, which the browser can open in a new tab, but without loading anew. */
import type { ComponentProps, MouseEvent } from 'react';
import { navigate } from '../platform/location';

interface LinkProps extends Omit<ComponentProps<'a'>, 'href' | 'onClick'> {
  /** A path of this page. */
  readonly to: string;
}

export function Link({ to, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a {...rest} href={to} onClick={follow}>
      {children}
    </a>
  );
}
