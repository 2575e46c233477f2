/** Which square of a picture is kept. */
import { expect, test } from 'vitest';
import { squareOf } from './picture';

test('the square lies inside the picture, wherever it is moved', () => {
  const wide = { width: 400, height: 200 };
  expect(squareOf(wide, { across: 0.5, down: 0.5, size: 1 })).toEqual({ x: 100, y: 0, side: 200 });
  expect(squareOf(wide, { across: 1, down: 1, size: 0.5 })).toEqual({ x: 300, y: 100, side: 100 });
  expect(squareOf({ width: 1, height: 1 }, { across: 1, down: 0, size: 0.1 })).toEqual({ x: 0, y: 0, side: 1 });
});
