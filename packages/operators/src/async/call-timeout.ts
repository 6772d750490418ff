/** A call of a user function that gave nothing in time. */
export class CallTimeout extends Error {
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`nothing came within ${timeoutMs} ms`);
    this.name = "TimeoutError";
    this.timeoutMs = timeoutMs;
  }
}
