/** The avatar of a conversation: of two people, the picture of the other one. */
import { Avatar } from '../components/Avatar';
import { lookOf } from './look';
import { PersonAvatar } from './PersonAvatar';
import type { ConversationView } from './types';

interface ConversationAvatarProps {
  readonly conversation: ConversationView;
  readonly size?: 'small' | 'medium' | 'large';
  readonly online?: boolean | undefined;
}

export function ConversationAvatar({ conversation, size = 'medium', online }: ConversationAvatarProps) {
  const { kind, peer, title } = conversation;
  const look = { name: title, size, online, ...lookOf(conversation) };
  return kind === 'direct' && peer?.hasPicture ? <PersonAvatar {...look} user={peer.user} /> : <Avatar {...look} />;
}
