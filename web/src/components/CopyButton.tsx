/** Copies a text and says so on its own face. */
import { Check, Copy, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { copyText } from '../platform/clipboard';
import { Button } from './Button';

interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  /** Shown when it is done. */
  readonly done: string;
  /** Told when the browser refuses. */
  readonly onRefused?: () => void;
  /** @default two sheets */
  readonly icon?: LucideIcon;
  /** @default 'line' */
  readonly kind?: 'primary' | 'line';
}

export function CopyButton({ text, label, done, onRefused, icon = Copy, kind = 'line' }: CopyButtonProps) {
  const [isDone, setDone] = useState(false);
  const Icon = isDone ? Check : icon;
  const copy = async () => {
    const copied = await copyText(text);
    setDone(copied);
    if (!copied) onRefused?.();
  };
  return (
    <Button kind={kind} onClick={() => void copy()}>
      <Icon aria-hidden="true" size={18} strokeWidth={1.75} />
      <span aria-live="polite">{isDone ? done : label}</span>
    </Button>
  );
}
