/** Spans of time in words. */
import { locale, words } from './words';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const list = new Intl.ListFormat(locale, { style: 'long', type: 'conjunction' });

/** A span in its largest whole unit: “10 s”, “1 day”. */
export function spanInWords(seconds: number): string {
  const { units } = words;
  if (seconds >= 2 * DAY || seconds === DAY) return units.days(Math.round(seconds / DAY));
  if (seconds >= 2 * HOUR || seconds === HOUR) return units.hours(Math.round(seconds / HOUR));
  if (seconds >= 2 * MINUTE || seconds === MINUTE) return units.minutes(Math.round(seconds / MINUTE));
  return units.seconds(Math.max(0, Math.ceil(seconds)));
}

/** Names, as one says them. */
export function listInWords(names: readonly string[]): string {
  return list.format(names);
}
