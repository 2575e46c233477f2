/** A QR code, black on white in every theme, so that every camera reads it. */

interface QrCodeProps {
  /** What it holds, for those who do not see it. */
  readonly label: string;
  /** Modules on each side. */
  readonly size: number;
  /** The dark modules as an SVG path, one unit each. */
  readonly path: string;
}

/** Modules of quiet around the code, as cameras need it. */
const QUIET = 3;

export function QrCode({ label, size, path }: QrCodeProps) {
  const side = size + 2 * QUIET;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`}
      shapeRendering="crispEdges"
      className="size-33 flex-none rounded-field hairline"
    >
      <path d={`M${-QUIET} ${-QUIET}h${side}v${side}h${-side}z`} fill="white" />
      <path d={path} fill="black" />
    </svg>
  );
}
