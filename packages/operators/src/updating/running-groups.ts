import type { FieldType } from "@millrace/core";
import { copyGroups } from "../window/copy-groups.ts";
import { OpenWindow, type WindowCall } from "../window/open-window.ts";
import { tableShapes } from "../window/table-shapes.ts";
import { WindowLayout } from "../window/window-layout.ts";
import type { PaneStore, TableShape } from "../window/window-table.ts";
import { StandingRows } from "./standing-rows.ts";

const compactFrom = 1_024;

/**
 * The groups of a running aggregation: as one window that never closes, so that they share its
 * accumulators and state tables.
 *
 * A group without rows leaves memory when such groups are more than the others and the changelog
 * knows of them; `restored` drops those that it finds there.
 */
export class RunningGroups implements PaneStore {
  readonly keys: readonly FieldType[];
  readonly layout: WindowLayout = new WindowLayout({ kind: "tumbling", sizeMs: 1, offsetMs: 0 });
  readonly shapes: readonly TableShape[];
  readonly #calls: readonly WindowCall[];
  readonly #operatorId: string;
  #window: OpenWindow;
  #emptyCount = 0;

  /** @param calls of the user's aggregates */
  constructor(keys: readonly FieldType[], calls: readonly WindowCall[], operatorId: string) {
    this.keys = keys;
    const standing: WindowCall = {
      call: {
        function: "count",
        distinct: false,
        type: { kind: "int64", as: "number", nullable: false },
      },
      plan: { form: "none", create: () => new StandingRows() },
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

  /** Lets go of groups without rows, when they may be more than the others. */
  compact(): void {
    const { size } = this.#window.groups;
    const isDue = size >= compactFrom && this.#emptyCount * 2 > size;
    if (isDue && !this.#window.isChanged) this.#compact();
  }

  /** Nothing closes; what the changelog says is gone goes. */
  dropClosed(): void {
    this.#compact();
  }

  #compact(): void {
    const from = this.#window;
    const into = this.#fresh();
    const { standing } = this;
    this.#emptyCount = 0;
    copyGroups(from, into, this.shapes, (group) => standing.rowsOf(group) !== 0);
    this.#window = into;
  }
}
