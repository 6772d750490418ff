import type { Group, GroupMember, GroupOptions, GroupShare, Log } from "@millrace/core";

/** A member that waits for the next generation. */
interface Joining {
  readonly about: GroupMember["about"];
  resolve(share: GroupShare): void;
  reject(error: unknown): void;
}

/** Members of one group, and those of them who have joined its next generation. */
interface SharedGroup {
  readonly members: Map<string, { readonly options: GroupOptions; changed: AbortController }>;
  readonly joining: Map<string, Joining>;
  /** Numbers members. */
  count: number;
}

/**
 * A log whose groups several runs of this process share, as the members of a Kafka group do: when
 * one comes or goes, all join again, the first one deals out, and older memberships are over.
 */
export function sharedGroups(log: Log): Log {
  const groups = new Map<string, SharedGroup>();
  const openGroup = async (options: GroupOptions): Promise<Group> => {
    const { group: name } = options;
    const group = groups.get(name) ?? { members: new Map(), joining: new Map(), count: 0 };
    groups.set(name, group);
    return new SharedMember(log, group, options);
  };
  return new Proxy(log, {
    get: (target, property) => {
      if (property === "openGroup") return openGroup;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

class SharedMember implements Group {
  readonly isShared = true;
  readonly #log: Log;
  readonly #group: SharedGroup;
  readonly #options: GroupOptions;
  readonly #id: string;

  constructor(log: Log, group: SharedGroup, options: GroupOptions) {
    this.#log = log;
    this.#group = group;
    this.#options = options;
    group.count += 1;
    this.#id = `member-${group.count}`;
  }

  join(): Promise<GroupShare> {
    const { members, joining } = this.#group;
    members.set(this.#id, { options: this.#options, changed: new AbortController() });
    return new Promise((resolve, reject) => {
      joining.set(this.#id, { about: this.#options.about(), resolve, reject });
      this.#callOthers();
      void this.#completeIfAll();
    });
  }

  async leave(): Promise<void> {
    this.#group.members.delete(this.#id);
    this.#group.joining.delete(this.#id);
    this.#callOthers();
    await this.#completeIfAll();
  }

  #callOthers(): void {
    for (const [id, { changed }] of this.#group.members) {
      if (id !== this.#id && !this.#group.joining.has(id)) changed.abort();
    }
  }

  /** Begins the next generation when every member has joined it. */
  async #completeIfAll(): Promise<void> {
    const { members, joining } = this.#group;
    if (joining.size === 0 || joining.size < members.size) return;
    const joined = [...joining];
    joining.clear();
    const [leader] = members;
    if (leader === undefined) return;
    const [leaderId, leading] = leader;
    try {
      const { group, generation } = await this.#log.joinGroup(this.#options.group);
      const all = joined.map(([id, { about }]) => ({ id, about }));
      const own = { group, generation, member: leaderId };
      for (const [id] of joined)
        members.get(id)?.options.begun?.({ group, generation, member: id });
      const shares = await leading.options.assign(all, own);
      for (const [id, { resolve }] of joined) {
        const changed = members.get(id)?.changed.signal ?? AbortSignal.abort();
        const share = shares.get(id) ?? null;
        const membership = { group, generation, member: id };
        resolve({ membership, isLeader: id === leaderId, share, changed });
      }
    } catch (error) {
      for (const [, { reject }] of joined) reject(error);
    }
  }
}
