/**
 * Files of messages under addresses of their own, which live as long as their tab wants: so that the browser plays or
 * saves them piece by piece. The tab opens each piece; here is only how the browser asks and is answered. It holds nothing.
 */
import type { StreamHead, StreamPiece } from './messages';

const PREFIX = '/stream/';

/** Which file of which tab. */
interface Place {
  readonly client: string;
  readonly token: string;
}

/** The bytes from one to before another. */
interface Part {
  readonly from: number;
  readonly to: number;
}

/** The tab whose file it is. */
export interface Tab {
  readonly head: (token: string) => Promise<StreamHead | undefined>;
  readonly piece: (token: string, offset: number) => Promise<StreamPiece | undefined>;
  readonly leave: (token: string) => void;
}

/** What the browser wants. */
export interface Wanted {
  readonly token: string;
  /** The header of that name. */
  readonly range: string | null;
  /** For what: `document` for a file that is saved. */
  readonly destination: string;
}

/** The addresses of a tab begin with this. */
export function pathOf(client: string): string {
  return `${PREFIX}${encodeURIComponent(client)}/`;
}

/** Reads such an address; nothing, if it is another. */
export function placeOf(url: string): Place | undefined {
  const { pathname } = new URL(url);
  if (!pathname.startsWith(PREFIX)) return undefined;
  const [client = '', token = ''] = pathname.slice(PREFIX.length).split('/');
  return client === '' || token === '' ? undefined : { client: decodeURIComponent(client), token };
}

/** The bytes that a range asks for; nothing, if the file has none there. */
export function partOf(range: string | null, size: number): Part | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/u.exec(range ?? 'bytes=0-') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return from < to ? { from, to } : undefined;
}

/** The pieces of a file, each asked for when the browser wants it. */
function body(tab: Tab, token: string, { from, to }: Part): ReadableStream<Uint8Array> {
  let offset = from;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await tab.piece(token, offset);
        if (piece === undefined || piece.bytes === undefined || piece.bytes.length === 0) {
          controller.error(new Error('the file could not be read'));
          return;
        }
        const bytes = piece.bytes.subarray(0, to - offset);
        offset += bytes.length;
        controller.enqueue(bytes);
        if (offset >= to) controller.close();
      },
      cancel() {
        tab.leave(token);
      },
    },
    { highWaterMark: 0 },
  );
}

/** What keeps an answer from being anything but bytes. */
const CONFINED = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cache-control': 'no-store',
  'accept-ranges': 'bytes',
} as const;

const PLAYS: ReadonlySet<string> = new Set(['audio', 'video']);

function saved(tab: Tab, token: string, name: string, size: number): Response {
  return new Response(body(tab, token, { from: 0, to: size }), {
    headers: {
      ...CONFINED,
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`,
    },
  });
}

function played(tab: Tab, { token, range }: Wanted, { size, mediaType }: StreamHead): Response {
  const part = partOf(range, size);
  if (!part) return new Response(null, { status: 416, headers: { ...CONFINED, 'content-range': `bytes */${size}` } });
  const { from, to } = part;
  return new Response(body(tab, token, part), {
    status: range === null ? 200 : 206,
    headers: {
      ...CONFINED,
      'content-type': mediaType,
      'content-length': String(to - from),
      ...(range !== null && { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
    },
  });
}

/** Answers the browser. What is played is never a page, and what is saved is nothing but saved. */
export async function answerStream(tab: Tab, wanted: Wanted): Promise<Response> {
  const { token, destination } = wanted;
  const head = await tab.head(token);
  const isPlayed = PLAYS.has(destination);
  if (head && isPlayed && head.saveAs === undefined) return played(tab, wanted, head);
  if (head?.saveAs !== undefined && destination === 'document') return saved(tab, token, head.saveAs, head.size);
  // Without content the browser stays where it is.
  return new Response(null, { status: isPlayed ? 404 : 204 });
}
