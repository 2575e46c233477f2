/** Handing text to the user's system: clipboard, other programs, the printer. Files are the business of `saving.ts`. */

/** Copies text; false where the browser refuses. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether this system has a way to hand a link to other programs. */
export function canShare(): boolean {
  return typeof navigator.share === 'function';
}

/** Hands a link to whatever program the user chooses. */
export async function shareLink(title: string, url: string): Promise<void> {
  try {
    await navigator.share({ title, url });
  } catch {
    // Choosing no program is an answer, too.
  }
}

/** Opens the print dialogue of the browser for this page. */
export function printPage(): void {
  window.print();
}
