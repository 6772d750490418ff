/** Bytes of the zig-zag varint of a number from 0 to 2^31 − 1. */
export function varintWidth(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x2000) return 2;
  if (value < 0x10_0000) return 3;
  return value < 0x800_0000 ? 4 : 5;
}

/** Writes the zig-zag varint of a number from 0 to 2^31 − 1; gives the place after it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let left = (value << 1) >>> 0;
  while (left > 127) {
    bytes[at++] = (left & 127) | 128;
    left >>>= 7;
  }
  bytes[at++] = left;
  return at;
}

/** Bytes of the zig-zag varint of any safe integer. */
export function varlongWidth(value: number): number {
  let left = Math.floor((value < 0 ? -(value + 1) : value) / 64);
  let width = 1;
  for (; left > 0; width++) left = Math.floor(left / 128);
  return width;
}

/** Writes the zig-zag varint of any safe integer; gives the place after it. */
export function putVarlong(bytes: Uint8Array, at: number, value: number): number {
  const rest = value < 0 ? -(value + 1) : value;
  let low = (rest % 64) * 2 + (value < 0 ? 1 : 0);
  for (let left = Math.floor(rest / 64); left > 0; left = Math.floor(left / 128)) {
    bytes[at++] = low | 128;
    low = left % 128;
  }
  bytes[at++] = low;
  return at;
}
