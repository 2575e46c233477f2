/** Opened files of messages, the last few of them, so that one which is scrolled back into view need not be opened again. Nothing here is stored. */
import type { Core } from './core';
import type { MessageKey } from './types';

const KEPT_MAX = 40;
/** Larger ones are not held. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** The opened files of a page. */
export class OpenedFiles {
  private readonly kept = new Map<string, Promise<Blob>>();

  constructor(private readonly core: Core) {}

  /** Opens a file, or gives what was opened before. A picture is one that can be drawn without harm, or it is refused. */
  async open(key: MessageKey, index: number, as: 'file' | 'picture' = 'file'): Promise<Blob> {
    const name = `${as} ${key} ${index}`;
    const known = this.kept.get(name);
    if (known) return known;
    const opening = as === 'picture' ? this.core.openPicture(key, index) : this.core.openFile(key, index);
    this.kept.set(name, opening);
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > KEPT_MAX && oldest !== undefined) this.kept.delete(oldest);
    try {
      const file = await opening;
      if (file.size > KEPT_BYTES_MAX) this.kept.delete(name);
      return file;
    } catch (thrown) {
      this.kept.delete(name);
      throw thrown;
    }
  }
}
