/** What this browser keeps for the page: how much, and whether it promises to go on. */

/** How much is used, of how much; nothing where the browser does not say. */
export interface Usage {
  readonly usedBytes: number;
  readonly availableBytes: number;
}

/** Asks how much is used. */
export async function usage(): Promise<Usage | undefined> {
  const { usage: usedBytes, quota: availableBytes } = (await navigator.storage?.estimate?.()) ?? {};
  return usedBytes === undefined || availableBytes === undefined ? undefined : { usedBytes, availableBytes };
}

/** Whether the browser keeps it until the user deletes it. */
export async function isPersistent(): Promise<boolean> {
  return (await navigator.storage?.persisted?.()) ?? false;
}

/** Asks the browser to; false if it does not agree. */
export async function persist(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false;
}
