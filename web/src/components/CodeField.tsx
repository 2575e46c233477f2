/** A field for a room's code or link: dashes come by themselves, a pasted link is taken whole. */
import type { ChangeEvent, ClipboardEvent } from 'react';
import { groupCode, isLink } from '../platform/room-link';
import { TextField } from './TextField';

interface CodeFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly error?: string | undefined;
  readonly onChange: (value: string) => void;
  /** A whole link came by the clipboard: nothing more has to be typed. */
  readonly onLink: (link: string) => void;
}

/** A dash is taken back together with the character before it. */
function withoutDash(before: string, after: string): string {
  const tookDash = before.endsWith('-') && after === before.slice(0, -1);
  return tookDash ? after.slice(0, -1) : after;
}

export function CodeField({ label, hint, value, error, onChange, onLink }: CodeFieldProps) {
  const change = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const isAtEnd = target.selectionStart === target.value.length;
    onChange(isAtEnd || isLink(target.value) ? groupCode(withoutDash(value, target.value)) : target.value);
  };
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text').trim();
    if (!isLink(text)) return;
    event.preventDefault();
    onChange(text);
    onLink(text);
  };
  return (
    <TextField
      label={label}
      hint={hint}
      error={error}
      mono
      dir="ltr"
      autoComplete="off"
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      enterKeyHint="go"
      value={value}
      onChange={change}
      onPaste={paste}
    />
  );
}
