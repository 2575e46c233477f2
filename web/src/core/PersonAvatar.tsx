/** The avatar of a person with the picture that they chose, read when it is shown. Not for those who have none: that is `Avatar`. */
import type { ComponentProps } from 'react';
import { Avatar } from '../components/Avatar';
import type { UserId } from './types';
import { useCore, useValue } from './useView';

interface PersonAvatarProps extends Omit<ComponentProps<typeof Avatar>, 'picture'> {
  readonly user: UserId;
}

export function PersonAvatar({ user, ...rest }: PersonAvatarProps) {
  const { store } = useCore();
  const picture = useValue(store.personal.profileOf(user))?.picture;
  return <Avatar {...rest} picture={picture} />;
}
