/** Colours of code: a tree of classes and text, made by a library that is loaded with the first block of code. */
import type { createLowlight } from 'lowlight';

/** A piece of highlighted code. */
export interface CodePiece {
  readonly kind: string | undefined;
  readonly content: string | readonly CodePiece[];
}

type Root = ReturnType<ReturnType<typeof createLowlight>['highlight']>;
type Node = Root['children'][number];

/** Longer code is shown as it is: colours are not worth a wait. */
const HIGHLIGHT_MAX = 20_000;

let loading: Promise<ReturnType<typeof createLowlight>> | undefined;

function load() {
  loading ??= import('lowlight').then(({ common, createLowlight: create }) => create(common));
  return loading;
}

/** The few kinds that have a colour of their own. */
const KINDS: Readonly<Record<string, string>> = {
  'hljs-keyword': 'code-keyword',
  'hljs-built_in': 'code-keyword',
  'hljs-type': 'code-name',
  'hljs-title': 'code-name',
  'hljs-attr': 'code-name',
  'hljs-name': 'code-name',
  'hljs-string': 'code-string',
  'hljs-regexp': 'code-string',
  'hljs-number': 'code-number',
  'hljs-literal': 'code-number',
  'hljs-comment': 'code-comment',
  'hljs-meta': 'code-comment',
  'hljs-addition': 'code-string',
  'hljs-deletion': 'code-number',
};

function kindOf(names: unknown): string | undefined {
  return Array.isArray(names) ? names.map((name) => KINDS[String(name)]).find((kind) => kind !== undefined) : undefined;
}

function piece(node: Node): CodePiece {
  if (node.type === 'text') return { kind: undefined, content: node.value };
  if (node.type !== 'element') return { kind: undefined, content: '' };
  const { className } = node.properties;
  return { kind: kindOf(className), content: node.children.map((child) => piece(child)) };
}

/** The pieces of a text in a language; nothing for languages that are not known, and for very long texts. */
export async function highlight(language: string, text: string): Promise<readonly CodePiece[] | undefined> {
  if (text.length > HIGHLIGHT_MAX) return undefined;
  const lowlight = await load();
  return lowlight.registered(language) ? lowlight.highlight(language, text).children.map((node) => piece(node)) : undefined;
}
