/**
 * Stands where a step is not possible, so that the compiler's message is a sentence:
 * `StreamTypeError<"keyBy must come before window">`.
 */
export interface StreamTypeError<Sentence extends string> {
  /** Only for the compiler; never present at run time. */
  readonly streamTypeError: Sentence;
}
