/** Dates and times in words, as the user's region writes them. */
import { locale } from './words';

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short' });
const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const longDay = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const longDayWithYear = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const dateOnly = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

const DAY_MS = 86_400_000;

/** The time of day. */
export function timeOf(atMs: number): string {
  return clock.format(atMs);
}

/** A number that is equal for two moments of one local day. */
export function dayOf(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}

/** The time today, the day of the week in the last six days, the date before. */
export function briefly(atMs: number, nowMs: number): string {
  const days = Math.round((dayOf(nowMs) - dayOf(atMs)) / DAY_MS);
  if (days <= 0) return clock.format(atMs);
  return days < 7 ? weekday.format(atMs) : shortDay.format(atMs);
}

/** A whole day, for the line between days. */
export function dayInWords(atMs: number, nowMs: number): string {
  const sameYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  return (sameYear ? longDay : longDayWithYear).format(atMs);
}

/** A date without the time. */
export function dateInWords(atMs: number): string {
  return dateOnly.format(atMs);
}

/** Day and time. */
export function momentInWords(atMs: number): string {
  return moment.format(atMs);
}

/** For the `datetime` attribute. */
export function machineTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
