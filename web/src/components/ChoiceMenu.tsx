/** A row of settings that opens a menu of choices, of which one holds. */
import type { LucideIcon } from 'lucide-react';
import { Menu, type MenuSection } from './Menu';
import { SettingButton } from './SettingRow';

/** One choice. */
export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
}

interface ChoiceMenuProps<Value> {
  readonly icon: LucideIcon;
  readonly label: string;
  /** How it is now, in words; it need not be one of the choices. */
  readonly current: string;
  /** Choices under headings, or under none. */
  readonly groups: readonly { readonly label?: string; readonly choices: readonly Choice<Value>[] }[];
  readonly isChosen: (value: Value) => boolean;
  /** Below the choices: what there is to know. */
  readonly note?: string;
  readonly onChange: (value: Value) => void;
}

export function ChoiceMenu<Value>(props: ChoiceMenuProps<Value>) {
  const sections: readonly MenuSection[] = props.groups.map(({ label, choices }, index) => ({
    id: String(index),
    ...(label !== undefined && { label }),
    items: choices.map((choice) => ({
      id: choice.label,
      label: choice.label,
      isChosen: props.isChosen(choice.value),
      onChoose: () => props.onChange(choice.value),
    })),
  }));
  return (
    <Menu
      label={props.label}
      sections={sections}
      {...(props.note !== undefined && { note: props.note })}
      renderTrigger={(trigger) => (
        <SettingButton {...trigger} icon={props.icon} label={props.label} value={props.current} />
      )}
    />
  );
}
