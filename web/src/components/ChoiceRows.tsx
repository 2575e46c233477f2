/** A choice of a few that need a line of explanation each: radio buttons, one to a row. */
import { useId } from 'react';

interface ChoiceRowsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly { readonly value: Value; readonly title: string; readonly hint: string }[];
  readonly onChange: (value: Value) => void;
}

export function ChoiceRows<Value extends string>(props: ChoiceRowsProps<Value>) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-label">{props.label}</legend>
      <div className="divide-y divide-line overflow-hidden rounded-field bg-raised hairline">
        {props.choices.map((choice) => (
          <label
            key={choice.value}
            className="quick flex min-h-14 cursor-pointer items-center gap-3 px-3.5 py-2 hover:bg-hover has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-focus"
          >
            <input
              type="radio"
              className="size-4.5 flex-none accent-accent"
              name={name}
              checked={choice.value === props.value}
              onChange={() => props.onChange(choice.value)}
            />
            <span>
              <span className="block text-sm font-label">{choice.title}</span>
              <span className="block text-xs text-ink-3">{choice.hint}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
