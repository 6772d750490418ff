import type { Group, GroupOptions, GroupShare, Log } from "@millrace/core";

/** A group of one: who joins last has all, and the memberships of those before have ended. */
export class SoleGroup implements Group {
  readonly isShared = false;
  readonly #log: Log;
  readonly #options: GroupOptions;

  constructor(log: Log, options: GroupOptions) {
    this.#log = log;
    this.#options = options;
  }

  async join(): Promise<GroupShare> {
    const membership = await this.#log.joinGroup(this.#options.group);
    const id = membership.member;
    const shares = await this.#options.assign([{ id, about: this.#options.about() }], membership);
    const { signal } = new AbortController();
    return { membership, isLeader: true, share: shares.get(id) ?? null, changed: signal };
  }

  async leave(): Promise<void> {}
}
