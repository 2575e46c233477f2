/** How a conversation looks at a glance. */
import type { ConversationView } from './types';

/** Colour, shape, outline and picture: of two people, those of the other person. */
export function lookOf({ kind, peer, identityColour, identityShape, picture }: ConversationView) {
  const person = kind === 'direct' ? peer : undefined;
  return {
    colour: person?.identityColour ?? identityColour,
    shape: person?.identityShape ?? identityShape,
    square: kind !== 'direct',
    picture: person ? undefined : picture,
  };
}
