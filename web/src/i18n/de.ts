/** The German words. They say the same as the English ones, in German: “du”, short, no exclamation marks. */
import { app } from './de/app';
import { chat } from './de/chat';
import { errors } from './de/errors';
import { rooms } from './de/rooms';
import { settings } from './de/settings';
import { start } from './de/start';
import { talk } from './de/talk';
import type { Words } from './words';

export const de: Words = {
  ...app,
  ...settings,
  chat,
  ...rooms,
  ...talk,
  ...start,
  errors,
};
