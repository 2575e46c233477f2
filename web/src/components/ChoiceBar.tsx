/** A choice of a few that stand side by side: radio buttons in the shape of one bar. */
import { useId } from 'react';

interface ChoiceBarProps<Value extends string> {
  /** What is chosen. */
  readonly label: string;
  /** Whether the label is seen, or only heard. @default false */
  readonly showLabel?: boolean;
  readonly value: Value;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

export function ChoiceBar<Value extends string>(props: ChoiceBarProps<Value>) {
  const name = useId();
  return (
    <fieldset className="grid gap-1.5">
      <legend className={props.showLabel ? 'mb-1.5 text-sm font-label' : 'sr-only'}>{props.label}</legend>
      <div className="grid auto-cols-fr grid-flow-col gap-1 rounded-field bg-sunken p-1">
        {props.choices.map((choice) => (
          <label
            key={choice.value}
            className="quick relative grid min-h-target cursor-pointer place-items-center rounded-tag px-2 text-center text-sm font-label text-ink-2 hover:text-ink has-checked:bg-raised has-checked:text-ink has-checked:hairline has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus"
          >
            <input
              type="radio"
              className="absolute inset-0 cursor-pointer opacity-0"
              name={name}
              checked={choice.value === props.value}
              onChange={() => props.onChange(choice.value)}
            />
            {choice.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
