/** The avatar of a person or a conversation: initials over a waterline whose colour and shape come from its id. Decorative: the name stands beside it. */
import { cx } from './cx';

interface AvatarProps {
  /** The name of which the initials are shown. */
  readonly name: string;
  /** One of twelve colours. */
  readonly colour: number;
  /** One of six shapes. */
  readonly shape: number;
  /** @default 'medium' */
  readonly size?: 'tiny' | 'small' | 'medium' | 'large' | 'huge';
  /** Presence, where it is known: a full dot or a ring. */
  readonly online?: boolean | undefined;
  /** A conversation of several has a rounded square; a person a circle. @default false */
  readonly square?: boolean;
  /** A picture in its place, as base64url. */
  readonly picture?: string | undefined;
}

/** The address of a small picture that came as base64url. What it is the browser finds out by itself. */
function pictureUrl(picture: string): string {
  return `data:image/*;base64,${picture.replaceAll('-', '+').replaceAll('_', '/')}`;
}

const SHAPES = [
  'M0 25 40 33V40H0Z',
  'M0 34Q20 22 40 34V40H0Z',
  'M0 29H40V40H0Z',
  'M0 26Q20 37 40 26V40H0Z',
  'M0 30Q10 25 20 30T40 30V40H0Z',
  'M0 33 40 25V40H0Z',
] as const;

const COLOURS = [
  'identity-0', 'identity-1', 'identity-2', 'identity-3', 'identity-4', 'identity-5',
  'identity-6', 'identity-7', 'identity-8', 'identity-9', 'identity-10', 'identity-11',
] as const;

const SIZES = { tiny: 'size-5', small: 'size-7', medium: 'size-9', large: 'size-14', huge: 'size-24' } as const;

/** The class that gives a person's colours to what is inside. */
export function identityClass(colour: number): string {
  return COLOURS[colour] ?? COLOURS[0];
}

function initials(name: string): string {
  // Signs that are not seen are nobody's initial, and would turn the others.
  const parts = name.replaceAll(/\p{C}/gu, '').split(/[\s._-]+/u).filter(Boolean);
  const first = [...(parts[0] ?? '')][0] ?? '';
  const last = parts.length > 1 ? ([...(parts.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

export function Avatar({ name, colour, shape, size = 'medium', online, square = false, picture }: AvatarProps) {
  return (
    <span className="relative flex-none" aria-hidden="true">
      <svg
        className={cx('block overflow-hidden', square ? 'rounded-room' : 'rounded-full', identityClass(colour), SIZES[size])}
        viewBox="0 0 40 40"
      >
        <path className="fill-identity-soft" d="M0 0H40V40H0Z" />
        <path className="fill-identity-deep" d={SHAPES[shape] ?? SHAPES[0]} />
        <text className="fill-identity-ink" x="20" y="25" fontSize="14.5" fontWeight="600" textAnchor="middle">
          {initials(name)}
        </text>
        {picture !== undefined && <image href={pictureUrl(picture)} width="40" height="40" preserveAspectRatio="xMidYMid slice" />}
      </svg>
      {online !== undefined && (
        <span className="absolute -end-px -bottom-px grid size-3 place-items-center rounded-full bg-behind">
          <span className={cx('size-2 rounded-full', online ? 'bg-good' : 'border-2 border-ink-3')} />
        </span>
      )}
    </span>
  );
}
