/**
 * Thrown by `assert`: a mistake in Millrace's own code. It crashes the task and is never retried.
 */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/**
 * Holds a programmer's belief; the sentence says what must be true.
 *
 * @throws AssertionError when the condition is false
 */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new AssertionError(sentence);
}

/** For the branch that cannot be reached; the compiler checks that it cannot. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unexpected value: ${JSON.stringify(value)}`);
}
