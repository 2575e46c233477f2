/** How far back the search of this device reaches, in words. */
import type { SearchReachView } from '../core/types';
import { dateInWords } from './dates';
import { words } from './words';

/** Nothing while there is nothing to search, or it is not known yet. */
export function reachInWords(reach: SearchReachView | undefined): string | undefined {
  return reach?.oldestMs === undefined ? undefined : words.find.reach(reach.messages, dateInWords(reach.oldestMs));
}
