import { type GroupMembership, isMillraceError } from "@millrace/core";

/**
 * A membership that goes on from generation to generation while what was opened in its name stays
 * open. What the old generation is too late for waits for the new one and is done again in it: that
 * is safe as long as nobody else has opened the same writer, of which its fencing takes care.
 */
export class LiveMembership implements GroupMembership {
  #current: GroupMembership;
  #isJoining = false;
  #wake: () => void = () => undefined;
  #changed: Promise<void> = Promise.resolve();

  constructor(first: GroupMembership) {
    this.#current = first;
  }

  get group(): string {
    return this.#current.group;
  }

  get generation(): number {
    return this.#current.generation;
  }

  get member(): string {
    return this.#current.member;
  }

  /** As it is now, as plain data. */
  get current(): GroupMembership {
    return this.#current;
  }

  /** A newer generation is being joined, until the promise settles. */
  async follow(joining: Promise<unknown>): Promise<void> {
    this.#isJoining = true;
    this.#listen();
    await Promise.allSettled([joining]);
    this.#isJoining = false;
    this.#wake();
  }

  /** Goes on to a generation that has begun; not as another member, who has nothing open. */
  goOn(next: GroupMembership): void {
    if (next.member !== this.member || next.generation <= this.generation) return;
    this.#current = next;
    this.#wake();
    this.#listen();
  }

  /**
   * Does something in the membership's name; again, if it was too late for the generation in which
   * it was begun and there is a newer one.
   *
   * @throws LOG_GENERATION_STALE when the group has gone on without us
   */
  async inName<Value>(action: () => Promise<Value>): Promise<Value> {
    for (;;) {
      const { generation } = this;
      try {
        return await action();
      } catch (error) {
        if (!isStale(error)) throw error;
        while (this.#isJoining && this.generation === generation) await this.#changed;
        if (this.generation === generation) throw error;
      }
    }
  }

  #listen(): void {
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function isStale(error: unknown): boolean {
  return isMillraceError(error) && error.code === "LOG_GENERATION_STALE";
}
