/** What a formatting key does to a text: pure. It returns what is to be typed where, so that the field's own undo knows it. */

/** A text with its selection. */
export interface Selected {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What is typed over a part of the text, and what is selected then. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly start: number;
  readonly end: number;
}

/** What can be done to a text. */
export type Mark = 'bold' | 'italic' | 'strike' | 'code' | 'spoiler' | 'code_block' | 'quote' | 'list' | 'numbered' | 'link';

const AROUND: Readonly<Partial<Record<Mark, string>>> = { bold: '**', italic: '_', strike: '~~', code: '`', spoiler: '||' };
const BEFORE: Readonly<Partial<Record<Mark, RegExp>>> = { quote: /^> /u, list: /^[-*] /u, numbered: /^\d+\. /u };

/** Puts marks around what is selected, or takes them away. */
function around({ text, start, end }: Selected, mark: string): Change {
  const { length } = mark;
  const chosen = text.slice(start, end);
  if (text.slice(start - length, start) === mark && text.slice(end, end + length) === mark) {
    return { from: start - length, to: end + length, insert: chosen, start: start - length, end: end - length };
  }
  if (chosen.length >= 2 * length && chosen.startsWith(mark) && chosen.endsWith(mark)) {
    const inner = chosen.slice(length, -length);
    return { from: start, to: end, insert: inner, start, end: start + inner.length };
  }
  // Marks stand at words: space around them stays outside.
  const lead = chosen.length - chosen.trimStart().length;
  const core = chosen.trim();
  const insert = chosen === '' ? mark + mark : chosen.slice(0, lead) + mark + core + mark + chosen.slice(lead + core.length);
  const begin = start + lead + length;
  return { from: start, to: end, insert, start: begin, end: begin + core.length };
}

/** Begins each line of what is selected with a mark, or takes it away where all have it. */
function lines({ text, start, end }: Selected, mark: Mark, known: RegExp): Change {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const after = text.indexOf('\n', end);
  const to = after < 0 ? text.length : after;
  const all = text.slice(from, to).split('\n');
  const isMarked = all.every((line) => known.test(line));
  const next = all.map((line, at) => {
    if (isMarked) return line.replace(known, '');
    return `${mark === 'numbered' ? `${at + 1}. ` : mark === 'list' ? '- ' : '> '}${line}`;
  });
  const insert = next.join('\n');
  const isOneEmpty = text.slice(from, to) === '';
  return { from, to, insert, start: isOneEmpty ? from + insert.length : from, end: from + insert.length };
}

function codeBlock({ text, start, end }: Selected): Change {
  const chosen = text.slice(start, end);
  const lead = start === 0 || text[start - 1] === '\n' ? '' : '\n';
  const tail = end === text.length || text[end] === '\n' ? '' : '\n';
  const open = `${lead}\`\`\`\n`;
  return {
    from: start,
    to: end,
    insert: `${open}${chosen}\n\`\`\`${tail}`,
    start: start + open.length,
    end: start + open.length + chosen.length,
  };
}

const ADDRESS = /^https?:\/\/\S+$/iu;

function link({ text, start, end }: Selected, placeholder: string): Change {
  const chosen = text.slice(start, end);
  if (ADDRESS.test(chosen)) {
    return { from: start, to: end, insert: `[${placeholder}](${chosen})`, start: start + 1, end: start + 1 + placeholder.length };
  }
  const words = chosen === '' ? placeholder : chosen;
  const at = start + words.length + 3;
  return { from: start, to: end, insert: `[${words}](https://)`, start: at, end: at + 'https://'.length };
}

/** What a mark does. `placeholder` stands for the words of a link. */
export function format(selected: Selected, mark: Mark, placeholder: string): Change {
  const both = AROUND[mark];
  if (both !== undefined) return around(selected, both);
  const before = BEFORE[mark];
  if (before !== undefined) return lines(selected, mark, before);
  return mark === 'link' ? link(selected, placeholder) : codeBlock(selected);
}

const ITEM = /^(?<indent>\s*)(?:(?<bullet>[-*]) |(?<number>\d+)\. |(?<quote>> ))(?<rest>.*)$/u;

/** What a new line continues: the list or quote that the line before belongs to; an empty item ends it. */
export function newLine({ text, start, end }: Selected): Change | undefined {
  if (start !== end) return undefined;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const groups = ITEM.exec(text.slice(from, start))?.groups;
  if (!groups) return undefined;
  const { indent = '', bullet, number, rest = '' } = groups;
  if (rest.trim() === '') return { from, to: start, insert: '', start: from, end: from };
  const begin = bullet !== undefined ? `${bullet} ` : number !== undefined ? `${Number(number) + 1}. ` : '> ';
  const insert = `\n${indent}${begin}`;
  return { from: start, to: start, insert, start: start + insert.length, end: start + insert.length };
}
