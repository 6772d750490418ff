import { hashColumns, int64Column } from "@millrace/columnar";
import { type FieldType, limits, millraceError } from "@millrace/core";
import type { Data } from "apache-arrow";
import { AlignedLayout } from "./aligned-layout.ts";
import { mergeGroups } from "./merge-windows.ts";
import { OpenWindow, type WindowCall } from "./open-window.ts";
import { SessionPane } from "./session-pane.ts";
import { tableShapes } from "./table-shapes.ts";
import type { PaneStore, TableShape } from "./window-table.ts";

// Invariants:
//   S1. Rows are kept by (key, pane), a pane being as long as the gap. Groups of one key in
//       neighbouring panes are of one session iff they are less than a gap apart; others never are.
//   S2. A session whose end is at or before the watermark (less the lateness) does not change any
//       more, as no row that is not late is before that point. So it is found anew, the same, from
//       the rows of a changelog, and dropped there by the watermark: nothing is ever deleted.
//   S3. A row of state is never moved: sessions that a row brings together are put together when
//       they are written.

const anyTime = { kind: "int64", as: "number", nullable: false } as const;

/** Sessions summed up: one group each, by the keys and the session's start. */
export interface SummedSessions {
  readonly total: OpenWindow;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Per pane and group, the session that the group is of; −1 for other groups. */
  readonly members: ReadonlyMap<SessionPane, Int32Array>;
}

/** Groups of a pane that are the last ones of sessions to write. */
interface Tails {
  readonly pane: SessionPane;
  readonly groups: Int32Array;
  readonly keys: readonly Data[];
  readonly hashes: Uint32Array;
}

/** The open sessions of one operator. */
export class SessionStore implements PaneStore {
  readonly keys: readonly FieldType[];
  readonly layout: AlignedLayout;
  readonly sessionKeys: readonly FieldType[];
  readonly #calls: readonly WindowCall[];
  readonly #shapes: readonly TableShape[];
  readonly #gapMs: number;
  readonly #allowedLatenessMs: number;
  readonly #operatorId: string;
  readonly #panes = new Map<number, SessionPane>();
  /** Starts of panes of which more is written than live. */
  readonly #wasteful = new Set<number>();

  /** @param options calls: the last two are the least and the greatest event time */
  constructor(options: {
    readonly keys: readonly FieldType[];
    readonly calls: readonly WindowCall[];
    readonly gapMs: number;
    readonly allowedLatenessMs: number;
    readonly operatorId: string;
  }) {
    this.keys = options.keys;
    this.layout = new AlignedLayout({ kind: "tumbling", sizeMs: options.gapMs, offsetMs: 0 });
    this.sessionKeys = [...options.keys, { name: "$session", type: anyTime }];
    this.#calls = options.calls;
    this.#shapes = tableShapes(options.calls);
    this.#gapMs = options.gapMs;
    this.#allowedLatenessMs = options.allowedLatenessMs;
    this.#operatorId = options.operatorId;
  }

  /** The pane that starts there, opened when needed. */
  paneAt(start: number): SessionPane {
    const found = this.#panes.get(start);
    if (found !== undefined) return found;
    const pane = new SessionPane(this.#fresh(this.keys, start));
    this.#panes.set(start, pane);
    return pane;
  }

  #fresh(keys: readonly FieldType[], start: number): OpenWindow {
    const span = { start, firstEnd: start + this.#gapMs };
    return new OpenWindow(span, keys, this.#calls, this.#operatorId);
  }

  open(start: number): OpenWindow {
    const pane = this.paneAt(start);
    pane.dueFrom = -Infinity;
    return pane.window;
  }

  keyGroupsOf(window: OpenWindow, groups: Int32Array): Int32Array {
    return window.keyGroupsOf(groups);
  }

  *all(): Iterable<OpenWindow> {
    for (const { window } of this.#panes.values()) yield window;
  }

  /**
   * Checks that there are not too many panes. Not while restoring: a changelog also holds sessions
   * that have closed since.
   *
   * @throws MillraceError `RUN_STATE_TOO_LARGE`
   */
  checkBounds(): void {
    if (this.#panes.size <= limits.windowsOpenMax) return;
    const operatorId = this.#operatorId;
    const limit = `${limits.windowsOpenMax} panes of sessions`;
    throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
  }

  dropClosed(watermark: number): void {
    const due = this.#closing(watermark - this.#allowedLatenessMs);
    if (due.length > 0) this.#free(this.#found(due).members);
  }

  /**
   * The sessions that close at this watermark. Frees what is not needed any more.
   *
   * **Cost** O(groups of the panes in which a session may end by then), and of those to which a
   * session reaches back
   */
  takeClosed(watermark: number): SummedSessions | undefined {
    const due = this.#closing(watermark - this.#allowedLatenessMs);
    if (due.length === 0) return undefined;
    const sessions = this.#summed(due);
    this.#free(sessions.members);
    return sessions;
  }

  /** The sessions that end after `after` and by `upTo`, whether or not they close. */
  endingIn(after: number, upTo: number): SummedSessions | undefined {
    const tails: Tails[] = [];
    for (const pane of this.#panes.values()) {
      const lastEnd = pane.window.start + 2 * this.#gapMs;
      if (pane.dueFrom > upTo || lastEnd <= after) continue;
      const ending = pane.liveGroups().filter((group) => {
        const end = pane.lastOf(group) + this.#gapMs;
        return end > after && end <= upTo;
      });
      const found = this.#withoutFollowers(pane, ending);
      if (found !== undefined) tails.push(found);
    }
    return tails.length === 0 ? undefined : this.#summed(tails);
  }

  /** The sessions that groups of panes are of. */
  sessionsOf(groups: ReadonlyMap<SessionPane, Int32Array>): SummedSessions | undefined {
    const last = new Map<SessionPane, Set<number>>();
    for (const [pane, members] of groups) {
      const keys = pane.window.groups.keyColumns(members, members.length);
      const hashes = hashColumns(keys, members.length);
      for (const [row, member] of members.entries()) {
        const tail = this.#tailOf(pane, member, keys, hashes, row);
        const found = last.get(tail.pane) ?? new Set();
        last.set(tail.pane, found.add(tail.group));
      }
    }
    const tails = [...last].map(([pane, found]) => tailsOf(pane, Int32Array.from(found)));
    return tails.length === 0 ? undefined : this.#summed(tails);
  }

  /** The last group of the session of a group. */
  #tailOf(
    pane: SessionPane,
    group: number,
    keys: readonly Data[],
    hashes: Uint32Array,
    row: number,
  ): { readonly pane: SessionPane; readonly group: number } {
    let tail = { pane, group };
    for (;;) {
      const next = this.#panes.get(tail.pane.window.start + this.#gapMs);
      const follower = next?.window.groups.find(keys, hashes, row) ?? -1;
      if (next === undefined || follower < 0) return tail;
      if (next.firstOf(follower) >= tail.pane.lastOf(tail.group) + this.#gapMs) return tail;
      tail = { pane: next, group: follower };
    }
  }

  /** The panes of this moment, by start. */
  panes(): Iterable<SessionPane> {
    return this.#panes.values();
  }

  #closing(limit: number): Tails[] {
    this.#compact();
    const due: Tails[] = [];
    for (const pane of this.#panes.values()) {
      const tails = pane.dueFrom > limit ? undefined : this.#tailsOf(pane, limit);
      if (tails !== undefined) due.push(tails);
    }
    return due;
  }

  #found(tails: readonly Tails[]): SummedSessions {
    const total = this.#fresh(this.sessionKeys, 0);
    const ends: number[] = [];
    const starts: number[] = [];
    const members = new Map<SessionPane, Int32Array>();
    for (const each of tails) this.#gather(each, total, { starts, ends }, members);
    return { total, starts: Float64Array.from(starts), ends: Float64Array.from(ends), members };
  }

  #summed(tails: readonly Tails[]): SummedSessions {
    const sessions = this.#found(tails);
    for (const [pane, target] of sessions.members) mergeGroups(sessions.total, pane.window, target);
    return sessions;
  }

  /** The groups of a pane in which a session ends by `limit`. Says from when on to look again. */
  #tailsOf(pane: SessionPane, limit: number): Tails | undefined {
    const size = pane.window.groups.size;
    const candidates = new Int32Array(size);
    let count = 0;
    pane.dueFrom = Infinity;
    for (let group = 0; group < size; group += 1) {
      if (pane.isWritten(group)) continue;
      const end = pane.lastOf(group) + this.#gapMs;
      if (end <= limit) candidates[count++] = group;
      else pane.dueFrom = Math.min(pane.dueFrom, end);
    }
    return this.#withoutFollowers(pane, candidates.subarray(0, count));
  }

  /** Those of a pane's groups whose session does not go on in the next pane. */
  #withoutFollowers(pane: SessionPane, candidates: Int32Array): Tails | undefined {
    if (candidates.length === 0) return undefined;
    const tails = tailsOf(pane, candidates);
    const next = this.#panes.get(pane.window.start + this.#gapMs);
    if (next === undefined) return tails;
    const last = candidates.filter((group, i) => {
      const follower = next.window.groups.find(tails.keys, tails.hashes, i);
      return follower < 0 || next.firstOf(follower) >= pane.lastOf(group) + this.#gapMs;
    });
    return last.length === 0 ? undefined : tailsOf(pane, last);
  }

  /** Finds the groups of each session back to its start, and which group of `total` they go to. */
  #gather(
    tails: Tails,
    total: OpenWindow,
    spans: { readonly starts: number[]; readonly ends: number[] },
    targets: Map<SessionPane, Int32Array>,
  ): void {
    const count = tails.groups.length;
    const starts = new Float64Array(count);
    const panes: SessionPane[] = [];
    const groups: number[] = [];
    const sessions: number[] = [];
    for (let i = 0; i < count; i += 1) {
      let pane: SessionPane | undefined = tails.pane;
      let group = tails.groups[i] as number;
      while (pane !== undefined && group >= 0) {
        panes.push(pane);
        groups.push(group);
        sessions.push(i);
        const first = pane.firstOf(group);
        starts[i] = first;
        pane = this.#panes.get(pane.window.start - this.#gapMs);
        group = pane === undefined ? -1 : pane.window.groups.find(tails.keys, tails.hashes, i);
        if (pane !== undefined && group >= 0 && pane.lastOf(group) + this.#gapMs <= first) break;
      }
    }
    const keys = [...tails.keys, int64Column(starts, count)];
    const into = new Int32Array(count);
    total.groups.lookup(keys, hashColumns(keys, count), undefined, count, into);
    for (let i = 0; i < count; i += 1) {
      const session = into[i] as number;
      spans.starts[session] = starts[i] as number;
      spans.ends[session] = tails.pane.lastOf(tails.groups[i] as number) + this.#gapMs;
    }
    for (const [at, pane] of panes.entries()) {
      const target = targets.get(pane) ?? new Int32Array(pane.window.groups.size).fill(-1);
      target[groups[at] as number] = into[sessions[at] as number] as number;
      targets.set(pane, target);
    }
  }

  #free(targets: ReadonlyMap<SessionPane, Int32Array>): void {
    for (const [pane, target] of targets) {
      for (let group = 0; group < target.length; group += 1) {
        if ((target[group] as number) >= 0) pane.markWritten(group);
      }
      const { start } = pane.window;
      if (pane.liveCount === 0) this.#panes.delete(start);
      else if (pane.isWasteful) this.#wasteful.add(start);
    }
  }

  /** Lets go of written groups, in panes that have nothing left for the next delta. */
  #compact(): void {
    for (const start of this.#wasteful) {
      const pane = this.#panes.get(start);
      if (pane?.window.isChanged === true) continue;
      this.#wasteful.delete(start);
      if (pane === undefined) continue;
      this.#panes.set(start, pane.compacted(this.#fresh(this.keys, start), this.#shapes));
    }
  }
}

function tailsOf(pane: SessionPane, groups: Int32Array): Tails {
  const keys = pane.window.groups.keyColumns(groups, groups.length);
  return { pane, groups, keys, hashes: hashColumns(keys, groups.length) };
}
