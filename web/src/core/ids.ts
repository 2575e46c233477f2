/** Ids as they stand in addresses. All but the keys of one's own messages are made in Rust. */
import type { ConversationId, MessageKey, UserId } from './types';

const ID = /^[a-z2-7]{16,64}$/u;

/** The conversation that an address names, if it is an id at all. */
export function conversationIdFrom(text: string): ConversationId | undefined {
  return ID.test(text) ? (text as ConversationId) : undefined;
}

/** The person whom an address names, if it is an id at all. */
export function userIdFrom(text: string): UserId | undefined {
  return ID.test(text) ? (text as UserId) : undefined;
}

const BASE_32 = 'abcdefghijklmnopqrstuvwxyz234567';
const KEY_BYTES = 16;

/**
 * Draws the key of a message that is about to be sent. It is drawn here, so that a call which is
 * sent again after its worker has gone sends the same message, once.
 */
export function newMessageKey(): MessageKey {
  let bits = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(KEY_BYTES))) bits += byte.toString(2).padStart(8, '0');
  const groups = bits.match(/.{1,5}/gu) ?? [];
  return groups.map((group) => BASE_32[Number.parseInt(group.padEnd(5, '0'), 2)]).join('') as MessageKey;
}
