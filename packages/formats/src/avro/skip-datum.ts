import type { BinaryInput } from "../value/binary-input.ts";
import type { AvroItems, AvroType } from "./avro-type.ts";

/** Nesting of values that is followed; only a type that contains itself can be deeper. */
const depthMax = 64;

/** Passes over a value; gives the index after it, or −1 when the record ends before. */
export function skipDatum(input: BinaryInput, type: AvroType, at: number, depth: number): number {
  if (at < 0 || depth > depthMax) return -1;
  switch (type.kind) {
    case "null":
      return at;
    case "boolean":
      return within(input, at + 1);
    case "float":
      return within(input, at + 4);
    case "double":
      return within(input, at + 8);
    case "fixed":
      return within(input, at + type.size);
    case "int":
    case "long":
    case "enum":
      return input.varint(at);
    case "string":
    case "bytes":
      return skipSized(input, at);
    case "union": {
      const start = input.varint(at);
      if (start < 0) return -1;
      input.unzigzag();
      const branch = input.high === 0 ? type.branches[input.low] : undefined;
      return branch === undefined ? -1 : skipDatum(input, branch, start, depth + 1);
    }
    case "record": {
      let next = at;
      for (const field of type.fields) {
        next = skipDatum(input, field.type, next, depth + 1);
        if (next < 0) return -1;
      }
      return next;
    }
    default:
      return skipItems(input, type, at, depth + 1);
  }
}

function within({ end }: BinaryInput, at: number): number {
  return at <= end ? at : -1;
}

function skipSized(input: BinaryInput, at: number): number {
  const start = input.varint(at);
  if (start < 0) return -1;
  input.unzigzag();
  const size = input.size(start);
  return size < 0 ? -1 : start + size;
}

function skipItems(input: BinaryInput, type: AvroItems, from: number, depth: number): number {
  let at = from;
  for (;;) {
    at = input.varint(at);
    if (at < 0) return -1;
    input.unzigzag();
    const count = input.number;
    if (count === 0) return at;
    if (count < 0) {
      // Such a block says how many bytes it has.
      at = skipSized(input, at);
      if (at < 0) return -1;
      continue;
    }
    for (let item = 0; item < count; item++) {
      const start = at;
      if (type.kind === "map") at = skipSized(input, at);
      at = skipDatum(input, type.item, at, depth);
      if (at < 0) return -1;
      // Items without bytes are all alike.
      if (at === start) break;
    }
  }
}
