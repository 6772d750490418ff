/**
 * Rounds half away from zero to so many decimal digits; negative digits round to tens, hundreds, …
 */
export function roundHalfAway(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  if (digits === 0) return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
  // Moving the decimal point as text avoids the error of multiplying: 1.005 × 100 is 100.49999….
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e") as [string, string];
  const scaled = Math.floor(Number(`${mantissa}e${Number(exponent) + digits}`) + 0.5);
  const [whole, power = "0"] = scaled.toString().split("e");
  return Math.sign(value) * Number(`${whole}e${Number(power) - digits}`);
}

/** Remainder with the sign of the dividend. −0 becomes 0. */
export function integerModulo(left: number, right: number): number {
  return (left % right) + 0;
}

/** The quotient of whole numbers cut towards zero, exact. −0 becomes 0. */
export function integerQuotient(left: number, right: number): number {
  // Without the remainder the division is exact, where that of the whole might round up.
  return (left - (left % right)) / right + 0;
}

/** −1, 0, 1, or NaN. */
export function signOf(value: number): number {
  return Math.sign(value) + 0;
}
