import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import { copyGroups } from "../window/copy-groups.ts";
import { OpenWindow, type WindowCall } from "../window/open-window.ts";
import { tableShapes } from "../window/table-shapes.ts";
import { AlignedLayout } from "../window/aligned-layout.ts";
import type { PaneStore, TableShape } from "../window/window-table.ts";
import { KeyLives, sinceField } from "./key-lives.ts";
import { StandingRows } from "./standing-rows.ts";

const compactFrom = 1_024;

/** What the groups of a running aggregation are made of. */
export interface RunningGroupsOptions {
  readonly keys: readonly FieldType[];
  /** Those of the user's aggregates. */
  readonly calls: readonly WindowCall[];
  readonly operatorId: string;
  readonly forgetAfterMs: number | undefined;
}

/**
 * The groups of a running aggregation: as one window that never closes, so that they share its
 * accumulators and state tables. Where keys are forgotten, a group is one life of a key.
 *
 * A group that has no rows, or is forgotten, leaves memory when such groups may be more than the
 * others and the changelog knows of them; `restored` drops those that it finds there.
 */
export class RunningGroups implements PaneStore {
  readonly keys: readonly FieldType[];
  readonly layout: AlignedLayout = new AlignedLayout({ kind: "tumbling", sizeMs: 1, offsetMs: 0 });
  readonly shapes: readonly TableShape[];
  readonly lives: KeyLives | undefined;
  readonly #calls: readonly WindowCall[];
  readonly #operatorId: string;
  #window: OpenWindow;
  #emptyCount = 0;
  #compactAt = compactFrom;
  #watermark = -Infinity;

  constructor({ keys, calls, operatorId, forgetAfterMs }: RunningGroupsOptions) {
    const isForgetful = forgetAfterMs !== undefined;
    this.keys = isForgetful ? [...keys, sinceField] : keys;
    this.lives = isForgetful ? new KeyLives(keys, forgetAfterMs, operatorId) : undefined;
    const standing: WindowCall = {
      call: {
        function: "count",
        distinct: false,
        type: { kind: "int64", as: "number", nullable: false },
      },
      plan: { form: "none", create: () => new StandingRows(isForgetful) },
    };
    this.#calls = [...calls, standing];
    this.shapes = tableShapes(this.#calls);
    this.#operatorId = operatorId;
    this.#window = this.#fresh();
  }

  #fresh(): OpenWindow {
    return new OpenWindow({ start: 0, firstEnd: 1 }, this.keys, this.#calls, this.#operatorId);
  }

  open(): OpenWindow {
    return this.#window;
  }

  keyGroupsOf(window: OpenWindow, groups: Int32Array): Int32Array {
    return window.keyGroupsOf(groups);
  }

  *all(): Iterable<OpenWindow> {
    yield this.#window;
  }

  /** What stands of the groups downstream. */
  get standing(): StandingRows {
    return this.#window.calls.at(-1)?.accumulator as StandingRows;
  }

  /** Takes note of groups that have lost all of their rows. */
  addEmpty(count: number): void {
    this.#emptyCount += count;
  }

  /** Takes note of event time, which makes keys forgotten. */
  advance(watermark: number): void {
    this.#watermark = Math.max(this.#watermark, watermark);
  }

  /** Lets go of groups, when enough may have gathered that are not needed. */
  compact(): void {
    const { size } = this.#window.groups;
    if (size < compactFrom || this.#window.isChanged) return;
    const isDue = this.lives === undefined ? this.#emptyCount * 2 > size : size >= this.#compactAt;
    if (isDue) this.#compact();
  }

  /** Nothing closes; what is gone or forgotten by then goes. */
  dropClosed(watermark: number): void {
    this.advance(watermark);
    this.#compact();
  }

  #compact(): void {
    const from = this.#window;
    const into = this.#fresh();
    const { standing } = this;
    copyGroups(from, into, this.shapes, (group) => this.#isKept(standing, group));
    this.#window = into;
    this.#emptyCount = 0;
    this.#compactAt = Math.max(compactFrom, into.groups.size * 2);
    this.#resetLives();
  }

  #isKept(standing: StandingRows, group: number): boolean {
    if (standing.rowsOf(group) === 0) return false;
    if (this.lives === undefined) return true;
    return standing.lastOf(group) + this.lives.forgetAfterMs > this.#watermark;
  }

  #resetLives(): void {
    if (this.lives === undefined) return;
    const { groups } = this.#window;
    const count = groups.size;
    const all = Scratch.identity(count);
    const columns = groups.keyColumns(all, count);
    const since = readNumbers(columns.at(-1) as Data);
    const { standing } = this;
    const last = Float64Array.from({ length: count }, (_, group) => standing.lastOf(group));
    this.lives.reset(columns.slice(0, -1), since, last, count);
  }
}
