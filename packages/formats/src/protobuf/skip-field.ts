import type { BinaryInput } from "../value/binary-input.ts";
import { wireFixed32, wireFixed64, wireSized, wireVarint } from "./field-plan.ts";

const wireGroup = 3;
const wireGroupEnd = 4;
/** Nesting of groups that is followed. */
const depthMax = 64;

/**
 * Passes over the value of a field; gives the index after it, or −1 when the record ends before, or
 * it is out of form.
 */
export function skipField(
  input: BinaryInput,
  number: number,
  wire: number,
  from: number,
  depth: number,
): number {
  switch (wire) {
    case wireVarint:
      return input.varint(from);
    case wireFixed64:
      return from + 8 <= input.end ? from + 8 : -1;
    case wireFixed32:
      return from + 4 <= input.end ? from + 4 : -1;
    case wireSized: {
      const start = input.varint(from);
      const size = start < 0 ? -1 : input.size(start);
      return size < 0 ? -1 : start + size;
    }
    case wireGroup:
      return depth < depthMax ? skipGroup(input, number, from, depth + 1) : -1;
    default:
      return -1;
  }
}

function skipGroup(input: BinaryInput, group: number, from: number, depth: number): number {
  let at = from;
  for (;;) {
    at = input.varint(at);
    if (at < 0 || input.high !== 0) return -1;
    const number = input.low >>> 3;
    const wire = input.low & 7;
    if (wire === wireGroupEnd) return number === group ? at : -1;
    at = skipField(input, number, wire, at, depth);
    if (at < 0) return -1;
  }
}
