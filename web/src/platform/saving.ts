/** Handing files to the user's system, under names that mean what they show. */

/** Offers text as a file to save. */
export function saveTextFile(name: string, text: string): void {
  saveFile(name, new Blob([text], { type: 'text/plain;charset=utf-8' }));
}

/** Marks that turn the reading direction: they could make the end of a name look like another. */
const BIDI = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
const UNSAFE = /[\p{Cc}/\\:*?"<>|]/gu;

/** A name under which a file can be saved anywhere. */
export function safeFileName(name: string): string {
  const signs = [...name.replaceAll(BIDI, '').replaceAll(UNSAFE, '_').replace(/^[.\s]+/u, '')];
  const safe = signs.slice(-150).join('').trim().toWellFormed();
  return safe === '' ? 'file' : safe;
}

/** Offers a file to save. The browser is told no type, so that it never opens what somebody sent. */
export function saveFile(name: string, file: Blob): void {
  const url = URL.createObjectURL(new Blob([file], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = safeFileName(name);
  link.click();
  // Some browsers begin to read only after this task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

declare global {
  interface Window {
    /** Not in every browser. */
    readonly showSaveFilePicker?: (options: { readonly suggestedName: string }) => Promise<FileSystemFileHandle>;
  }
}

/** Lets the user choose where a file goes; nothing where the browser has no way to, `left` if they left it. */
export async function chooseFilePlace(name: string): Promise<FileSystemFileHandle | 'left' | undefined> {
  if (!window.showSaveFilePicker) return undefined;
  try {
    return await window.showSaveFilePicker({ suggestedName: safeFileName(name) });
  } catch (thrown) {
    return thrown instanceof DOMException && thrown.name === 'AbortError' ? 'left' : undefined;
  }
}

/** Goes to an address that is answered with a file to save: the page stays. */
export function saveFrom(url: string): void {
  location.assign(url);
}
