/**
 * Functions of expressions. Both executors (compiled and interpreted) implement each, with these
 * rules:
 *
 * - A null argument gives null, unless said otherwise.
 * - `and`, `or`, `not` follow three-valued logic.
 * - Arithmetic of integers (`int8 … uint64` as number) is exact and gives int64; leaving ±2^53
 *   stops the task with EXPRESSION_INTEGER_OVERFLOW. With a float operand it is float64. `divide`
 *   is always float64 (IEEE: 1/0 = ∞). `int64<bigint>` operands give `int64<bigint>`; decimals give
 *   decimals (add, subtract, multiply, negate, abs, comparisons).
 * - `modulo` has the sign of the dividend; an integer modulo 0 is null.
 * - Comparison of floats is IEEE; NaN equals nothing. Text is compared by UTF-8 bytes (equal to
 *   code points).
 * - Date-time functions take timestamps (any unit) or dates, in UTC. `dayOfWeek` is ISO: Monday 1 …
 *   Sunday 7.
 * - Units and indexes are literal arguments.
 */
export const functionNames = [
  // arithmetic
  "add",
  "subtract",
  "multiply",
  "divide",
  "divideInteger", // of integers, cut towards zero; null where the divisor is 0
  "modulo",
  "negate",
  "abs",
  "sign",
  "round", // round(x, digits = 0): half away from zero
  "floor",
  "ceil",
  "sqrt",
  "power",
  "ln",
  "exp",
  "least", // ignores nulls; null when all are null
  "greatest",
  // comparison → boolean
  "eq",
  "ne",
  "lt",
  "lte",
  "gt",
  "gte",
  "isIn", // isIn(x, literal, literal, …) or isIn(x, list literal)
  // boolean
  "and",
  "or",
  "not",
  // null
  "isNull", // never null
  "isNotNull", // never null
  "coalesce", // first argument that is not null
  "nullIf", // nullIf(a, b): null where a = b
  "isNaN",
  // string
  "concat",
  "lower",
  "upper",
  "trim",
  "length", // in code points, int32
  "substring", // substring(text, start 0-based, length?) in code points
  "contains",
  "startsWith",
  "endsWith",
  "replace", // all occurrences of a literal text
  "regexpExtract", // regexpExtract(text, pattern, group): what the group found; null without a match
  "splitPart", // splitPart(text, separator, index 0-based); null beyond the last part
  "matches", // JavaScript regular expression, literal pattern, flag u
  // date-time
  "year",
  "month",
  "day",
  "hour",
  "minute",
  "second",
  "dayOfWeek",
  "dayOfYear",
  "truncateTo", // truncateTo(timestamp, "second"|"minute"|"hour"|"day"|"week"|"month"|"year"); week starts on Monday
  "formatTime", // formatTime(timestamp, pattern of yyyy MM dd HH mm ss SSS, 'text' and other signs), UTC
  "plusDuration", // plusDuration(timestamp, duration ms) → timestamp of the same unit
  "millisecondsBetween", // millisecondsBetween(from, to) → int64, to − from
  // conditional
  "case", // case(condition, value, condition, value, …, otherwise); a null condition is false
  // cast: the target is the call's type
  "cast", // a value that does not fit stops the task with EXPRESSION_CAST_FAILED
  "tryCast", // … gives null
  // nested
  "field", // field(row, "name")
  "item", // item(list, index 0-based; negative counts from the end); null outside
  "listLength", // int32
  "listContains",
  "mapValue", // mapValue(map, "key"); null when absent
  // hash
  "hash", // murmur3 32-bit of the value's canonical bytes, int32; null hashes to 0
] as const;

/** Name of a function of expressions. */
export type FunctionName = (typeof functionNames)[number];
