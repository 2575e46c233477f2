/** All keys, from the registries of actions and of marks; those that move in messages and lists beside them. */
import { ArrowLeft } from 'lucide-react';
import { type KeyLine, keyLines } from '../actions/registry';
import type { Scene } from '../actions/scene';
import { IconButton } from '../components/IconButton';
import { Kbd } from '../components/Kbd';
import { MARK_KEYS, markKeysInWords } from '../features/conversation/composer/marks';
import { words } from '../i18n/words';
import { navigate } from '../platform/location';
import { HOME } from '../platform/paths';

function Group({ title, lines }: { readonly title: string; readonly lines: readonly KeyLine[] }) {
  return (
    <section className="grid content-start gap-2 border-t border-line py-5">
      <h2 className="text-xs text-ink-2">{title}</h2>
      <dl>
        {lines.map(({ text, keys }) => (
          <div key={text} className="flex min-h-9 items-center justify-between gap-4 text-sm">
            <dt>{text}</dt>
            <dd className="flex flex-none gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function ofMarks(): readonly KeyLine[] {
  const { write } = words.chat;
  return MARK_KEYS.map((each) => ({ text: each.onlySelected ? words.help.linkSelected : write[each.mark], keys: markKeysInWords(each) }));
}

export function KeysPage({ scene }: { readonly scene: Scene }) {
  const { help } = words;
  return (
    <>
      <header className="flex min-h-15 items-center gap-2 border-b border-line py-2 ps-1 pe-2 md:ps-6">
        <IconButton label={help.back} icon={ArrowLeft} directional onlyNarrow onClick={() => navigate(HOME)} />
        <h1 className="text-md leading-5 max-md:ps-1">{help.title}</h1>
      </header>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must do so by keyboard */}
      <div className="row-span-3 overflow-auto px-5 quiet-scroll focus-visible:-outline-offset-2 md:px-6" tabIndex={0} role="group" aria-label={help.title}>
        <div className="max-w-page pb-8">
          <p className="py-4 text-sm text-ink-2">{help.lead}</p>
          <Group title={help.groups.anywhere} lines={keyLines('anywhere', scene)} />
          <Group title={help.groups.going} lines={keyLines('going', scene)} />
          <Group title={help.groups.timeline} lines={[...help.timeline, ...keyLines('timeline', scene)]} />
          <Group title={help.groups.writing} lines={[...help.writing, ...ofMarks()]} />
          <Group title={help.groups.lists} lines={help.lists} />
        </div>
      </div>
    </>
  );
}
