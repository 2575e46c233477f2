/** Where the focus goes when a form was not accepted. */
import { useCallback, useEffect, useState } from 'react';

/** Gives what puts the focus on the first field of a form that has an error, once its errors are drawn. */
export function useFocusFirstError(): (form: HTMLElement) => void {
  const [asked, setAsked] = useState<{ readonly form: HTMLElement }>();
  // Asked for with the errors or after them, it is done when they are drawn: a frame of the browser may come before that.
  useEffect(() => {
    asked?.form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [asked]);
  return useCallback((form: HTMLElement) => setAsked({ form }), []);
}
