/** A failure that stands in the log already: it is not printed once more. */
export class LoggedFailure extends Error {
  override readonly name = "LoggedFailure";

  /** @param cause the failure itself */
  constructor(cause: unknown) {
    super("the failure has been logged", { cause });
  }
}
