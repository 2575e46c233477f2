/** What a message says, from its tree: React elements and nothing else. No text of a message ever becomes HTML. */
import { type ReactNode, useState } from 'react';
import { cx } from '../../../components/cx';
import type { Block, Inline, MentionView } from '../../../core/types';
import { words } from '../../../i18n/words';
import { CodeBlock } from './CodeBlock';
import { foreignHost, isSafeHref } from './links';

/** What pieces of a message need to know of the whole. */
interface Setting {
  readonly mentions: readonly MentionView[];
  /** The user's own id: a mention of them stands out. */
  readonly me: string;
  /** In a bubble of one's own. */
  readonly isOwn: boolean;
}

interface BlocksProps extends Setting {
  readonly blocks: readonly Block[];
}

type LinkParts = Extract<Exclude<Inline, string>, { readonly link: unknown }>['link'];

function textOf(inlines: readonly Inline[]): string {
  return inlines.map((inline) => (typeof inline === 'object' && 'text' in inline ? inline.text : '')).join('');
}

/** A link, and where it really goes if its words say otherwise. */
function MessageLink({ link, setting }: { readonly link: LinkParts; readonly setting: Setting }) {
  const { href, inlines } = link;
  const content = <Inlines inlines={inlines} setting={setting} />;
  if (!isSafeHref(href)) return content;
  const host = link.deceptive ? link.host : foreignHost(href, textOf(inlines));
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href} className="text-accent underlined">
        {content}
      </a>
      {host !== undefined && (
        <bdi className="ms-1 rounded-tag bg-ember-soft px-1 text-xs text-ember">{words.chat.message.linkGoesTo(host)}</bdi>
      )}
    </>
  );
}

/** Words that show when they are pressed. Until then only their length is there, so that nothing moves. */
function Spoiler({ inlines, children }: { readonly inlines: readonly Inline[]; readonly children: ReactNode }) {
  const [isShown, setShown] = useState(false);
  if (isShown) return <span className="rounded-tag bg-sunken px-0.75">{children}</span>;
  return (
    <button
      type="button"
      aria-label={words.chat.message.spoiler}
      title={words.chat.message.spoiler}
      onClick={() => setShown(true)}
      className="rounded-tag bg-ink-2 px-0.75 text-start select-none"
    >
      <span aria-hidden="true" className="invisible">
        {textOf(inlines) || '····'}
      </span>
    </button>
  );
}

function Chip({ name, isMe, isOwn }: { readonly name: string; readonly isMe: boolean; readonly isOwn: boolean }) {
  const quiet = isOwn ? 'underlined text-accent-soft-ink' : 'bg-accent-soft px-0.75 text-accent-soft-ink';
  return (
    <bdi className={cx('rounded-tag font-label', isMe ? 'bg-ember-soft px-0.75 text-ember' : quiet)}>
      @{name}
    </bdi>
  );
}

function OneInline({ inline, setting }: { readonly inline: Inline; readonly setting: Setting }): ReactNode {
  const { message } = words.chat;
  // The paragraph keeps its lines as they are.
  if (inline === 'line_break') return '\n';
  if ('text' in inline) return inline.text;
  if ('bold' in inline) return <strong className="font-strong"><Inlines inlines={inline.bold} setting={setting} /></strong>;
  if ('italic' in inline) return <em className="slant"><Inlines inlines={inline.italic} setting={setting} /></em>;
  if ('strike' in inline) return <s><Inlines inlines={inline.strike} setting={setting} /></s>;
  if ('code' in inline) return <code className="inline-code">{inline.code}</code>;
  if ('link' in inline) return <MessageLink link={inline.link} setting={setting} />;
  if ('spoiler' in inline) {
    return (
      <Spoiler inlines={inline.spoiler}>
        <Inlines inlines={inline.spoiler} setting={setting} />
      </Spoiler>
    );
  }
  if ('mention' in inline) {
    const { user } = inline.mention;
    const name = setting.mentions.find((each) => each.user === user)?.name ?? message.unknownPerson;
    return <Chip name={name} isMe={user === setting.me} isOwn={setting.isOwn} />;
  }
  const name = inline.mention_role === 'everyone' ? words.chat.write.everyone : words.chat.write.admins;
  return <Chip name={name} isMe={!setting.isOwn} isOwn={setting.isOwn} />;
}

function Inlines({ inlines, setting }: { readonly inlines: readonly Inline[]; readonly setting: Setting }) {
  // A message never changes its order: the place is the identity.
  // oxlint-disable-next-line react/no-array-index-key
  return inlines.map((inline, at) => <OneInline key={at} inline={inline} setting={setting} />);
}

function OneBlock({ block, setting }: { readonly block: Block; readonly setting: Setting }) {
  if ('paragraph' in block) {
    return <p className="whitespace-pre-wrap"><Inlines inlines={block.paragraph} setting={setting} /></p>;
  }
  if ('code' in block) return <CodeBlock language={block.code.language} text={block.code.text} />;
  if ('quote' in block) {
    return (
      <blockquote className="border-s-2 border-line-strong ps-3 text-ink-2">
        <Blocks blocks={block.quote} {...setting} />
      </blockquote>
    );
  }
  const { ordered, start, items } = block.list;
  const content = items.map((item, at) => (
    // oxlint-disable-next-line react/no-array-index-key -- as above
    <li key={at} className="marker:text-ink-3">
      <Blocks blocks={item} {...setting} />
    </li>
  ));
  return ordered ? (
    <ol start={start} className="list-decimal ps-6">{content}</ol>
  ) : (
    <ul className="list-disc ps-5">{content}</ul>
  );
}

export function Blocks({ blocks, ...setting }: BlocksProps) {
  return (
    <div className="grid gap-1.5">
      {blocks.map((block, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- as above
        <OneBlock key={at} block={block} setting={setting} />
      ))}
    </div>
  );
}
