/** Something that was asked for takes a moment: the under-line, and in words what runs. */
import { UnderLine } from './UnderLine';

export function Working({ text }: { readonly text: string }) {
  return (
    <div role="status" className="grid gap-1.5 text-xs text-ink-2">
      <UnderLine label={text} />
      {text}
    </div>
  );
}
