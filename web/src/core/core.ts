/** What a tab may ask of the client core: the methods of the WASM class, each answered later. It isn't the way there. */
import type { Client } from './pkg/undertone_client_wasm';

/** Opening, closing and starting belong to the worker that owns the core. */
type Lifetime = 'free' | 'start' | typeof Symbol.dispose;

/** The name of a method that tabs may call. */
export type MethodName = Exclude<keyof Client, Lifetime>;

type Later<F> = F extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Awaited<Result>>
  : never;

/** The client core as every tab sees it, whichever tab owns it. */
export type Core = { readonly [Name in MethodName]: Later<Client[Name]> };
