/**
 * What one call of a user function has changed: kept when it succeeds, taken back when it fails.
 */
export class CallChanges {
  readonly #undo: (() => void)[] = [];

  /** Remembers how to take a change back. */
  note(undo: () => void): void {
    this.#undo.push(undo);
  }

  keep(): void {
    this.#undo.length = 0;
  }

  takeBack(): void {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) undo();
  }
}
