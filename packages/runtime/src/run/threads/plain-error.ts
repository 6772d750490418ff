import { type ErrorCode, type ErrorPlace, isMillraceError, MillraceError } from "@millrace/core";

/** An error as it goes from one thread to another. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: PlainError | undefined;
  /** Absent for an error without a code. */
  readonly coded?: {
    readonly code: ErrorCode;
    readonly params: Readonly<Record<string, unknown>>;
    readonly where: ErrorPlace;
    readonly problems: readonly PlainError[];
  };
}

/** Takes an error apart; what cannot be copied in its parameters becomes text. */
export function toPlainError(error: unknown): PlainError {
  const { name, message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  const plain = {
    name,
    message,
    stack,
    cause: cause === undefined ? undefined : toPlainError(cause),
  };
  if (!isMillraceError(error)) return plain;
  const { code, params, where, problems } = error;
  const coded = { code, params: copyable(params), where, problems: problems.map(toPlainError) };
  return { ...plain, coded };
}

/** The error as the other thread had it: same code, text, place and cause. */
export function fromPlainError(plain: PlainError): Error {
  const { name, message, stack, coded } = plain;
  const options = plain.cause === undefined ? {} : { cause: fromPlainError(plain.cause) };
  const error =
    coded === undefined
      ? Object.assign(new Error(message, options), { name })
      : new MillraceError(coded.code, coded.params, {
          ...options,
          where: coded.where,
          problems: coded.problems.map((problem) => fromPlainError(problem) as MillraceError),
        });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function copyable(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      try {
        return [name, structuredClone(value)];
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        return [name, String(value)];
      }
    }),
  );
}
