/**
 * Rows in frames as entries: a queue per group, and one over all groups in the order of adding.
 *
 * The entries of a group are older ones, then newer ones; `turnOver` makes the newer the older.
 * Places of removed entries are used again.
 *
 * **State** 36 bytes per entry, 16 per group
 */
export class EntryList {
  /** Entries now. */
  size: number = 0;
  #used = 0;
  #free: number[] = [];
  #times = new Float64Array(16);
  #sequence = new Float64Array(16);
  #groups = new Int32Array(16);
  /** The next entry of the same group, −1 at the end. */
  #next = new Int32Array(16);
  /** The entries before and after over all groups. */
  #before = new Int32Array(16);
  #after = new Int32Array(16);
  #isFresh = new Uint8Array(16);
  /** The entry that was added first, −1 where there is none. */
  first: number = -1;
  #last = -1;
  /** By group: its first and last entry, how many there are, and how many of them are older. */
  #heads = new Int32Array(16);
  #tails = new Int32Array(16);
  #counts = new Int32Array(16);
  #olderCounts = new Int32Array(16);

  /** Entries that there is room for. */
  get capacity(): number {
    return this.#times.length;
  }

  /** Groups that there is room for. */
  get groupCapacity(): number {
    return this.#counts.length;
  }

  reserveGroups(count: number): void {
    if (count <= this.#counts.length) return;
    const room = Math.max(count, this.#counts.length * 2);
    this.#heads = grown(this.#heads, room);
    this.#tails = grown(this.#tails, room);
    this.#counts = grown(this.#counts, room);
    this.#olderCounts = grown(this.#olderCounts, room);
  }

  /** Adds an entry as the newest of its group and of all. */
  push(group: number, time: number, sequence: number): number {
    const entry = this.#free.pop() ?? this.#used++;
    if (entry >= this.#times.length) this.#grow();
    this.#times[entry] = time;
    this.#sequence[entry] = sequence;
    this.#groups[entry] = group;
    this.#isFresh[entry] = 1;
    this.#next[entry] = -1;
    this.#before[entry] = this.#last;
    this.#after[entry] = -1;
    if (this.#last >= 0) this.#after[this.#last] = entry;
    else this.first = entry;
    this.#last = entry;
    if (this.#counts[group] === 0) this.#heads[group] = entry;
    else this.#next[this.#tails[group] as number] = entry;
    this.#tails[group] = entry;
    this.#counts[group] = (this.#counts[group] as number) + 1;
    this.size += 1;
    return entry;
  }

  #grow(): void {
    const room = this.#times.length * 2;
    this.#times = grown(this.#times, room);
    this.#sequence = grown(this.#sequence, room);
    this.#groups = grown(this.#groups, room);
    this.#next = grown(this.#next, room);
    this.#before = grown(this.#before, room);
    this.#after = grown(this.#after, room);
    this.#isFresh = grown(this.#isFresh, room);
  }

  /** Removes the oldest entry of a group, which has an older one. */
  shift(group: number): void {
    const entry = this.#heads[group] as number;
    this.#heads[group] = this.#next[entry] as number;
    this.#counts[group] = (this.#counts[group] as number) - 1;
    this.#olderCounts[group] = (this.#olderCounts[group] as number) - 1;
    const before = this.#before[entry] as number;
    const after = this.#after[entry] as number;
    if (before >= 0) this.#after[before] = after;
    else this.first = after;
    if (after >= 0) this.#before[after] = before;
    else this.#last = before;
    this.#isFresh[entry] = 0;
    this.#free.push(entry);
    this.size -= 1;
  }

  /** Makes all entries of a group older ones; gives them, oldest first. */
  turnOver(group: number): number[] {
    const entries: number[] = [];
    let entry = this.#counts[group] === 0 ? -1 : (this.#heads[group] as number);
    for (; entry >= 0; entry = this.#next[entry] as number) entries.push(entry);
    this.#olderCounts[group] = entries.length;
    return entries;
  }

  /** The oldest of a group's older entries, −1 where it has none. */
  oldestOf(group: number): number {
    return (this.#olderCounts[group] as number) > 0 ? (this.#heads[group] as number) : -1;
  }

  countOf(group: number): number {
    return this.#counts[group] as number;
  }

  groupOf(entry: number): number {
    return this.#groups[entry] as number;
  }

  timeOf(entry: number): number {
    return this.#times[entry] as number;
  }

  sequenceOf(entry: number): number {
    return this.#sequence[entry] as number;
  }

  /** Whether an entry is still there and not in the changelog yet. */
  isFresh(entry: number): boolean {
    return this.#isFresh[entry] === 1;
  }

  markSaved(entry: number): void {
    this.#isFresh[entry] = 0;
  }

  markFresh(entry: number): void {
    this.#isFresh[entry] = 1;
  }

  /** All entries in the order of adding. */
  all(): number[] {
    const entries: number[] = [];
    for (let e = this.first; e >= 0; e = this.#after[e] as number) entries.push(e);
    return entries;
  }

  clear(): void {
    this.size = 0;
    this.#used = 0;
    this.#free = [];
    this.first = -1;
    this.#last = -1;
    this.#counts.fill(0);
    this.#olderCounts.fill(0);
    this.#isFresh.fill(0);
  }

  get sizeBytes(): number {
    return this.#times.length * 36 + this.#counts.length * 16;
  }
}

function grown<Values extends Int32Array | Float64Array | Uint8Array>(
  from: Values,
  length: number,
): Values {
  const into = new (from.constructor as new (length: number) => Values)(length);
  into.set(from);
  return into;
}
