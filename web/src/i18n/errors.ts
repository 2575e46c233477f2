/** The words for a failure. Codes without words of their own keep the sentence that came with them. */
import type { CoreError } from '../core/errors';
import { words } from './words';

/** What to tell the user. */
export function errorText(error: CoreError): string {
  const { rate_limited: rateLimited, ...known } = words.errors;
  if (error.code === 'rate_limited') return rateLimited(Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000)));
  const text = Object.entries(known).find(([code]) => code === error.code)?.[1];
  return text ?? error.message;
}
