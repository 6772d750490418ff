/** JSON on one line; ±Infinity, the ends of a watermark, as `"+inf"` and `"-inf"`. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (each === Infinity) return "+inf";
    return each === -Infinity ? "-inf" : each;
  });
}
