/**
 * How hard a password is to guess: a module of its own, since its word lists are as large as half of the core. It is
 * loaded when a password is first judged. It isn't where passwords are refused: the core asks here, and decides.
 */
import init, { estimate as judge } from './pkg/undertone_strength';
import wasmUrl from './pkg/undertone_strength_bg.wasm?url';

interface Estimate {
  /** From 0, guessed at once, to 4, beyond guessing. */
  readonly score: number;
  readonly hint: string | undefined;
}

let loading: Promise<unknown> | undefined;

/** Loads the module once; after a failure the next call tries again. */
async function loaded(): Promise<void> {
  loading ??= init({ module_or_path: wasmUrl });
  try {
    await loading;
  } catch (thrown) {
    loading = undefined;
    throw thrown;
  }
}

/** Judges a password against a guesser who tries the known words first. */
export async function estimate(password: string, known: readonly string[]): Promise<Estimate> {
  await loaded();
  const found = judge(password, [...known]);
  const { score, hint } = found;
  found.free();
  return { score, hint };
}
