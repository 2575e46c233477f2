/** Loading the page again by itself, without losing what is not stored yet: whoever has some of it stores it first. */

const keepers = new Set<() => Promise<unknown>>();
/** Whoever does not answer for so long cannot: the page goes. */
const KEEP_MS_MAX = 2000;

/** Stores something before the page is loaded again, from now until the answer is called. */
export function beforeLeaving(keep: () => Promise<unknown>): () => void {
  keepers.add(keep);
  return () => {
    keepers.delete(keep);
  };
}

/** Loads the page again, after everybody has stored what they have. What fails does not hold it. */
export async function loadAgain(): Promise<void> {
  const tooLong = new Promise((resolve) => {
    setTimeout(resolve, KEEP_MS_MAX);
  });
  await Promise.race([tooLong, Promise.allSettled([...keepers].map((keep) => keep()))]);
  location.reload();
}
