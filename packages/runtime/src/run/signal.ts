/** Wakes everyone who waits. */
export class Signal {
  #waiting: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** Resolves at the next `notify`. */
  wait(): Promise<void> {
    this.#waiting ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#waiting;
  }

  notify(): void {
    this.#wake?.();
    this.#waiting = undefined;
    this.#wake = undefined;
  }
}

/** Resolves when the signal aborts. */
export function isAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
