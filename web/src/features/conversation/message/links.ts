/** Which links of messages may be followed, and which say one host and mean another. The core has refused bad ones already; this looks a second time. */

const SCHEMES = new Set(['http:', 'https:', 'mailto:']);
/** Something in a text that looks like a host. */
const HOST = /(?:^|[\s/@(])((?:[\p{L}\p{N}-]+\.)+[\p{L}]{2,})(?=$|[\s/:?#).,])/iu;

function parsed(href: string): URL | undefined {
  return URL.canParse(href) ? new URL(href) : undefined;
}

/** Whether a link may be followed. */
export function isSafeHref(href: string): boolean {
  const url = parsed(href);
  return url !== undefined && SCHEMES.has(url.protocol);
}

function bare(host: string): string {
  return host.toLowerCase().replace(/^www\./u, '');
}

/** The host that a link goes to, where it is not the one that its reader would think of. */
export function foreignHost(href: string, text: string): string | undefined {
  const url = parsed(href);
  if (!url || url.protocol === 'mailto:') return undefined;
  if (url.hostname.includes('xn--') || url.username !== '') return url.hostname;
  const said = HOST.exec(text)?.[1];
  return said === undefined || bare(said) === bare(url.hostname) ? undefined : url.hostname;
}
