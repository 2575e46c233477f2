/** A message as one line of plain words, for quotes, lists and what is read out. The core says what stands in it; this only strings it together. */
import type { Block, Inline, MentionView, MessageView } from './types';

function named(mentions: readonly MentionView[], user: string): string {
  return `@${mentions.find((mention) => mention.user === user)?.name ?? '…'}`;
}

function inlineText(inline: Inline, mentions: readonly MentionView[]): string {
  if (inline === 'line_break') return ' ';
  if ('text' in inline) return inline.text;
  if ('code' in inline) return inline.code;
  if ('bold' in inline) return lineText(inline.bold, mentions);
  if ('italic' in inline) return lineText(inline.italic, mentions);
  if ('strike' in inline) return lineText(inline.strike, mentions);
  if ('link' in inline) return lineText(inline.link.inlines, mentions);
  if ('mention' in inline) return named(mentions, inline.mention.user);
  if ('mention_role' in inline) return `@${inline.mention_role}`;
  // What its writer hid is not shown in a preview either.
  return '▒▒▒▒';
}

function lineText(inlines: readonly Inline[], mentions: readonly MentionView[]): string {
  return inlines.map((inline) => inlineText(inline, mentions)).join('');
}

function blockText(block: Block, mentions: readonly MentionView[]): string {
  if ('paragraph' in block) return lineText(block.paragraph, mentions);
  if ('code' in block) return block.code.text;
  if ('quote' in block) return plainText(block.quote, mentions);
  return block.list.items.map((item) => plainText(item, mentions)).join(', ');
}

/** The words of blocks, without their marks. */
export function plainText(blocks: readonly Block[], mentions: readonly MentionView[]): string {
  return blocks.map((block) => blockText(block, mentions)).join(' ').trim();
}

/** What a message says, in one line: its words, or the names of its files. */
export function gist(message: MessageView): string {
  const text = plainText(message.blocks, message.mentions);
  return text === '' ? message.files.map((file) => file.name).join(', ') : text;
}
