/** What can be done by typing a slash and a word where one writes. What it does, whoever draws the field knows. */

/** One of them. */
export interface Command {
  readonly id: string;
  /** Without the slash. */
  readonly word: string;
  readonly label: string;
  /** The keys that do the same, in words. */
  readonly keys?: readonly string[];
  readonly run: () => void;
}

/** Those that begin like what was typed. */
export function commandsFor(commands: readonly Command[], query: string): readonly Command[] {
  const wanted = query.toLocaleLowerCase();
  return commands.filter(({ word }) => word.startsWith(wanted));
}
