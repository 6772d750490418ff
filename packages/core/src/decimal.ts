/** An exact decimal number: `unscaled × 10^-scale`. Immutable. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /**
   * Reads `"-12.50"`. An exponent is not accepted.
   *
   * @throws RangeError when the text is not a decimal number
   */
  static parse(text: string): Decimal {
    const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
    if (match === null) throw new RangeError(`Not a decimal number: ${text}`);
    const fraction = match[3] ?? "";
    const unscaled = BigInt(`${match[2]}${fraction}`);
    return new Decimal(match[1] === "-" ? -unscaled : unscaled, fraction.length);
  }

  /**
   * The same number at another scale.
   *
   * @throws RangeError when digits other than zero would be cut off
   */
  withScale(scale: number): Decimal {
    if (scale >= this.scale) {
      return new Decimal(this.unscaled * 10n ** BigInt(scale - this.scale), scale);
    }
    const divisor = 10n ** BigInt(this.scale - scale);
    if (this.unscaled % divisor !== 0n) {
      throw new RangeError(`${this.toString()} does not fit scale ${scale}`);
    }
    return new Decimal(this.unscaled / divisor, scale);
  }

  /** Nearest float64; digits beyond its precision are lost. */
  toNumber(): number {
    return Number(this.toString());
  }

  toString(): string {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString();
    const padded = digits.padStart(this.scale + 1, "0");
    const cut = padded.length - this.scale;
    const sign = this.unscaled < 0n ? "-" : "";
    return this.scale === 0
      ? `${sign}${padded}`
      : `${sign}${padded.slice(0, cut)}.${padded.slice(cut)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
