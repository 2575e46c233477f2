/** What actions need to know of the screen, and what they ask of it. */
import type { Route } from '../app/routes';
import type { ConversationId, ConversationView } from '../core/types';

/** What can be done with a conversation from anywhere. */
export interface Acts {
  /** Keeps it quiet for some hours, or no longer. */
  readonly mute: (conversation: ConversationView) => void;
  /** Puts it into the archive, or takes it out. */
  readonly archive: (conversation: ConversationView) => void;
  /** Leaves a group or room. */
  readonly leave: (conversation: ConversationView) => void;
}

/** The screen as it is now. */
export interface Scene {
  readonly route: Route;
  readonly conversations: readonly ConversationView[];
  readonly openJump: () => void;
  readonly openPicker: () => void;
  readonly acts: Acts;
  /** Without an account one makes rooms, and no groups. */
  readonly isGuest: boolean;
}

/** Whether it is quiet now. */
export function isMuted({ mutedUntilMs }: ConversationView): boolean {
  return (mutedUntilMs ?? 0) > Date.now();
}

/** The id of what is open. */
export function openConversation({ route }: Scene): ConversationId | undefined {
  return route.name === 'conversation' ? route.conversation : undefined;
}

/** What is open, if this device has it. */
export function opened(scene: Scene): ConversationView | undefined {
  const id = openConversation(scene);
  return scene.conversations.find((each) => each.conversation === id);
}

export const inConversation = (scene: Scene) => openConversation(scene) !== undefined;
export const isOpened = (scene: Scene) => opened(scene) !== undefined;
export const withAccount = (scene: Scene) => !scene.isGuest;

/** Does something with the conversation that is open. */
export function withOpened(work: (open: ConversationView, scene: Scene) => unknown): (scene: Scene) => boolean {
  return (scene) => {
    const open = opened(scene);
    if (open) work(open, scene);
    return open !== undefined;
  };
}

/** Whether the open conversation is like this. */
export function ifOpened(is: (open: ConversationView) => boolean): (scene: Scene) => boolean {
  return (scene) => {
    const open = opened(scene);
    return open !== undefined && is(open);
  };
}

/** What the open conversation is called. */
export function nameOf(scene: Scene): string {
  return opened(scene)?.title ?? '';
}
