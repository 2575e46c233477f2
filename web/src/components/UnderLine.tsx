/** The under-line: everything that runs beneath, as a native progress element. Without a value its end is not known. */

interface UnderLineProps {
  /** What runs, for those who do not see it. */
  readonly label: string;
  /** Between 0 and `max`. */
  readonly value?: number;
  readonly max?: number;
}

export function UnderLine({ label, value, max }: UnderLineProps) {
  return <progress aria-label={label} value={value} max={max} />;
}
