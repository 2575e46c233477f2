/** The small picture that comes with a file, as an address. Only the three forms that the protocol has are handed to the browser. */

const MAGIC: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['_9j_', 'image/jpeg'],
  ['UklGR', 'image/webp'],
];

/** From base64url, as the core writes bytes. */
export function thumbnailUrl(bytes: string | undefined): string | undefined {
  const type = MAGIC.find(([begin]) => bytes?.startsWith(begin))?.[1];
  if (bytes === undefined || type === undefined) return undefined;
  return `data:${type};base64,${bytes.replaceAll('-', '+').replaceAll('_', '/')}`;
}
