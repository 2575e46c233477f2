/** Errors of the core as they cross from the worker to the screen. It isn't where their words are: see `i18n`. */

/** What the worker can say of a failure: plain data. */
export interface Failure {
  /** A stable word. */
  readonly code: string;
  /** A sentence in English, for codes that have no words of their own. */
  readonly message: string;
  /** How long to wait before the next try. */
  readonly retryAfterMs?: number;
}

/** A failure, thrown. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Reads a failure from whatever was thrown. */
export function failureOf(thrown: unknown): Failure {
  const code = field(thrown, 'code');
  const message = field(thrown, 'message');
  const retryAfterMs = field(thrown, 'retryAfterMs');
  return {
    code: typeof code === 'string' ? code : 'internal',
    message: typeof message === 'string' ? message : String(thrown),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
  };
}

/** The same as an error, for the screen. */
export function coreError(thrown: unknown): CoreError {
  return thrown instanceof CoreError ? thrown : new CoreError(failureOf(thrown));
}

/** True when the module itself has stopped: its memory can no longer be trusted. */
export function isPanic(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError;
}
