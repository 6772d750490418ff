import { type GroupMembership, isMillraceError } from "@millrace/core";

/**
 * A membership that goes on from generation to generation while what was opened in its name stays
 * open. What the old generation is too late for waits for the new one and is done again in it: that
 * is safe as long as nobody else has opened the same writer, of which its fencing takes care.
 */
export class LiveMembership implements GroupMembership {
  #current: GroupMembership;
  /** Settles with the generation that is being joined. */
  #joining: Promise<void> = Promise.resolve();

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

  /**
   * Goes on to the generation that is being joined.
   *
   * @param joining undefined when it has to be begun anew: what is open is not kept. Its failure is
   *   for those who join to tell
   */
  follow(joining: Promise<GroupMembership | undefined>): void {
    this.#joining = this.#goOn(joining);
  }

  async #goOn(joining: Promise<GroupMembership | undefined>): Promise<void> {
    const [joined] = await Promise.allSettled([joining]);
    if (joined.status === "fulfilled") this.#current = joined.value ?? this.#current;
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
        await this.#joining;
        if (this.generation === generation) throw error;
      }
    }
  }
}

function isStale(error: unknown): boolean {
  return isMillraceError(error) && error.code === "LOG_GENERATION_STALE";
}
