/** The time as screens show it: to the minute, or to the second where something runs out. They are drawn again when it changes. */
import { useSyncExternalStore } from 'react';

const MINUTE_MS = 60_000;

function subscribe(onChange: () => void): () => void {
  const timer = setInterval(onChange, MINUTE_MS / 4);
  return () => clearInterval(timer);
}

/** The beginning of the current minute. */
export function useMinute(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
}

const SECOND_MS = 1000;

function subscribeToSeconds(onChange: () => void): () => void {
  const timer = setInterval(onChange, SECOND_MS);
  return () => clearInterval(timer);
}

function second(): number {
  return Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
}

/** The beginning of the current second, for what counts down. */
export function useSecond(): number {
  return useSyncExternalStore(subscribeToSeconds, second);
}
