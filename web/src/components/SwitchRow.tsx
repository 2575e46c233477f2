/** One row of settings that is on or off. */
import type { LucideIcon } from 'lucide-react';
import { useId } from 'react';

interface SwitchRowProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function SwitchRow({ icon: Icon, label, hint, isOn, onChange }: SwitchRowProps) {
  const id = useId();
  return (
    <label className="flex min-h-11 cursor-pointer items-center gap-3 py-1.5 text-sm" htmlFor={id}>
      <Icon aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
      <span className="min-w-0 flex-1">
        <span id={`${id}-label`}>{label}</span>
        {hint && (
          <span id={`${id}-hint`} className="block text-xs text-ink-3">
            {hint}
          </span>
        )}
      </span>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={isOn}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint && `${id}-hint`}
        className="switch"
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}
