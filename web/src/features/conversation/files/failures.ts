/** What went wrong with a file, in words: of one that is opened or saved, and of one that is sent. */
import type { CoreError } from '../../../core/errors';
import { errorText } from '../../../i18n/errors';
import { words } from '../../../i18n/words';

/** Why a file could not be opened or saved. */
export function fileProblem(error: CoreError): string {
  const { files } = words.chat;
  switch (error.code) {
    case 'not_found':
    case 'gone':
    case 'file_gone':
      return files.gone;
    case 'damaged':
    case 'file_damaged':
      return files.broken;
    case 'disk_full':
    case 'unreachable':
      return errorText(error);
    default:
      return files.failedOpen;
  }
}

/** Why a file does not go on to the server. */
export function uploadProblem(code: string, size: string): string {
  const { files } = words.chat;
  switch (code) {
    case 'too_large':
      return files.tooLarge(size);
    case 'limit_reached':
      return files.full;
    case 'not_found':
    case 'gone':
    case 'file_gone':
      return files.gone;
    case 'damaged':
    case 'file_damaged':
      return files.broken;
    case 'file_interrupted':
      return words.errors.file_interrupted;
    default:
      return files.failed;
  }
}
