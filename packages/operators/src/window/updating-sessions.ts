import { hashColumns } from "@millrace/columnar";
import type { FieldType, StateTable } from "@millrace/core";
import type { WindowEmit } from "@millrace/plan";
import { Scratch } from "../scratch.ts";
import { EmittedRows } from "./emitted-rows.ts";
import type { RowChanges } from "./emitted-window.ts";
import type { SessionOutput } from "./session-output.ts";
import type { SessionPane } from "./session-pane.ts";
import type { SessionStore, SummedSessions } from "./session-store.ts";
import type { Emit } from "./window-output.ts";
import { WindowRows, type WindowRowsOptions } from "./window-rows.ts";

/**
 * Gives sessions out before they have closed, and what changes later. A row that makes one session
 * of several takes those back that have been given out.
 *
 * What has been given out is known by the key and the pane in which the session starts: two
 * sessions of one key never start in one pane, as it is as long as the gap.
 *
 * **State** one row per (key, session that has been given out), until it closes
 * **Cost** a batch that changes sessions: O(their keys × panes), and a pass over the keys of these
 * panes; the end of sessions: a look through the panes in which they may end
 */
export class UpdatingSessions implements SessionOutput {
  readonly tables: readonly StateTable[];
  readonly #store: SessionStore;
  readonly #emit: WindowEmit;
  readonly #keyCount: number;
  readonly #rows: WindowRows;
  readonly #emitted: EmittedRows;
  /** Groups that the batch at hand has changed. */
  readonly #touched = new Map<SessionPane, Set<number>>();
  /** Starts of the panes that have changed since event time passed the last multiple. */
  readonly #unreported = new Set<number>();
  #watermark = -Infinity;

  constructor(options: {
    readonly store: SessionStore;
    readonly keys: readonly FieldType[];
    readonly rows: WindowRowsOptions;
    readonly emit: WindowEmit;
    readonly allowedLatenessMs: number;
    readonly operatorId: string;
  }) {
    const { keys, allowedLatenessMs, operatorId } = options;
    this.#store = options.store;
    this.#emit = options.emit;
    this.#keyCount = keys.length;
    this.#rows = new WindowRows(options.rows);
    const { fields } = options.rows;
    this.#emitted = new EmittedRows({ keys, fields, allowedLatenessMs, operatorId });
    this.tables = [this.#emitted];
  }

  added(pane: SessionPane, groups: Int32Array, count: number): void {
    const touched = this.#touched.get(pane) ?? new Set();
    for (let i = 0; i < count; i += 1) touched.add(groups[i] as number);
    this.#touched.set(pane, touched);
    if (this.#emit.kind === "every") this.#unreported.add(pane.window.start);
  }

  batchEnded(emit: Emit): void {
    const touched = [...this.#touched].map(([pane, all]) => [pane, Int32Array.from(all)] as const);
    this.#touched.clear();
    this.#report(this.#store.sessionsOf(new Map(touched)), this.#emit.kind === "on-change", emit);
  }

  /**
   * Gives out what has changed of sessions. Those that have not ended are given out only where
   * `isEarly`; what had been given out of them is taken back.
   */
  #report(sessions: SummedSessions | undefined, isEarly: boolean, emit: Emit): void {
    if (sessions === undefined) return;
    const isGiven = (session: number): boolean =>
      isEarly || (sessions.ends[session] as number) <= this.#watermark;
    const changes = this.#takeBack(sessions, isGiven);
    const bySlot = new Map<number, number[]>();
    for (let session = 0; session < sessions.starts.length; session += 1) {
      if (!isGiven(session)) continue;
      const slot = this.#slotOf(sessions, session);
      const found = bySlot.get(slot);
      if (found === undefined) bySlot.set(slot, [session]);
      else found.push(session);
    }
    for (const [slot, chosen] of bySlot) {
      const rows = this.#rows.of(sessions.total, sessions, Int32Array.from(chosen));
      changes.push(this.#emitted.replace(slot, rows));
    }
    const batch = this.#emitted.changeBatch(changes);
    if (batch !== undefined) emit(batch);
  }

  #slotOf(sessions: SummedSessions, session: number): number {
    return this.#store.layout.paneStartOf(sessions.starts[session] as number);
  }

  /** Takes back what has been given out of the sessions' parts and is not replaced. */
  #takeBack(sessions: SummedSessions, isGiven: (session: number) => boolean): RowChanges[] {
    const count = sessions.starts.length;
    const identity = Scratch.identity(count);
    const keys = sessions.total.groups.keyColumns(identity, count).slice(0, this.#keyCount);
    const hashes = hashColumns(keys, count);
    const changes: RowChanges[] = [];
    for (const [pane, members] of sessions.members) {
      const slot = pane.window.start;
      const gone: number[] = [];
      for (const session of members) {
        if (session < 0) continue;
        // An early result stays until the next multiple, or the end, replaces it.
        const isLeft = !isGiven(session) && this.#emit.kind === "every";
        const isReplaced = isGiven(session) && this.#slotOf(sessions, session) === slot;
        if (!isLeft && !isReplaced) gone.push(session);
      }
      if (gone.length > 0) changes.push(this.#emitted.remove(slot, keys, hashes, gone));
    }
    return changes;
  }

  advance(watermark: number, emit: Emit): void {
    const before = this.#watermark;
    this.#watermark = watermark;
    if (this.#emit.kind !== "on-change") {
      this.#report(this.#store.endingIn(before, watermark), false, emit);
    }
    if (this.#emit.kind === "every") this.#reportEarly(before, this.#emit.everyMs, emit);
    this.#store.dropClosed(watermark);
    this.#emitted.dropClosed(watermark);
  }

  #reportEarly(before: number, everyMs: number, emit: Emit): void {
    if (Math.floor(this.#watermark / everyMs) <= Math.floor(before / everyMs)) return;
    const changed = [...this.#store.panes()]
      .filter((pane) => this.#unreported.has(pane.window.start))
      .map((pane) => [pane, pane.liveGroups()] as const);
    this.#unreported.clear();
    this.#report(this.#store.sessionsOf(new Map(changed)), true, emit);
  }

  restored(watermark: number): void {
    this.#watermark = Math.max(this.#watermark, watermark);
    if (this.#emit.kind !== "every") return;
    // What had been reported of them is known, so that nothing is reported twice.
    for (const pane of this.#store.panes()) this.#unreported.add(pane.window.start);
  }
}
