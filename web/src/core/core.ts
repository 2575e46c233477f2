/** What a tab may ask of the client core: the methods of the WASM class, each answered later. It isn't the way there. */
import type { Client } from './pkg/undertone_client_wasm';

/** Opening, closing and starting belong to the worker that owns the core. */
type Lifetime = 'free' | 'start' | typeof Symbol.dispose;

/** The name of a method that tabs may call. */
export type MethodName = Exclude<keyof Client, Lifetime>;

/** Lists are copied on their way: neither side changes what it was given. */
type Copied<T> = T extends (infer Item)[] ? readonly Item[] : T;

type Later<F> = F extends (...args: infer Args) => infer Result
  ? (...args: { [Place in keyof Args]: Copied<Args[Place]> }) => Promise<Copied<Awaited<Result>>>
  : never;

/** The client core as every tab sees it, whichever tab owns it. */
export type Core = { readonly [Name in MethodName]: Later<Client[Name]> };
