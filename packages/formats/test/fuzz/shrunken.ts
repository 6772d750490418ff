/** The bytes with all left out that can be while the claim about them stays true. */
export function shrunken(bytes: Uint8Array, isTrue: (part: Uint8Array) => boolean): Uint8Array {
  let small = bytes;
  for (let size = Math.ceil(small.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < small.length;) {
      const rest = new Uint8Array(
        Buffer.concat([small.subarray(0, at), small.subarray(at + size)]),
      );
      if (isTrue(rest)) small = rest;
      else at += size;
    }
  }
  return small;
}
