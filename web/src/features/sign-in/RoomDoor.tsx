/** The open door of the first page: a field for a link or code. A pasted link goes on at once. */
import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { CodeField } from '../../components/CodeField';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { invitationFrom } from '../../platform/room-link';
import { useFocusFirstError } from './focus';

/** Goes where a link or code leads; says what is wrong with it otherwise. */
function follow(typed: string): string | undefined {
  const { join } = words;
  const invitation = invitationFrom(typed);
  switch (invitation.kind) {
    case 'here':
      navigate(invitation.address);
      return undefined;
    case 'elsewhere':
      return join.elsewhere(invitation.host);
    case 'empty':
      return join.empty;
    case 'malformed':
      return join.malformed;
  }
}

export function RoomDoor() {
  const focusFirstError = useFocusFirstError();
  const { join } = words;
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  // Ready to be pasted into; on a phone the keyboard would cover the page.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) form.current?.querySelector('input')?.focus();
  }, []);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setError(follow(typed));
    focusFirstError(event.currentTarget);
  };
  return (
    <form ref={form} className="grid gap-3" noValidate onSubmit={submit}>
      <CodeField
        label={join.field}
        hint={join.fieldHint}
        value={typed}
        error={error}
        onChange={(text) => {
          setTyped(text);
          setError(undefined);
        }}
        onLink={(link) => setError(follow(link))}
      />
      <Button type="submit" kind="primary" big wide>
        {join.next}
      </Button>
    </form>
  );
}
