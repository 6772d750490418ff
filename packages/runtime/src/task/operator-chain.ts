import {
  assert,
  type Collector,
  type DeadLetter,
  type InFlight,
  type Operator,
  type OperatorCounts,
  millraceError,
} from "@millrace/core";
import { type Stage, type StageOperator, type StagePort, watermarkDelayMs } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";

/** Where a stage's output takes rows from the chain. */
export interface ChainOutput {
  write(batch: RecordBatch): void;
}

/** Makes the running operator of a planned one. */
export type CreateOperator = (planned: StageOperator) => Operator;

/** A running operator of a chain. */
export interface ChainOperator {
  readonly operator: Operator;
  readonly planned: StageOperator;
  /** Event time that it has come to, in ms. */
  readonly watermark: number;
}

interface Link extends ChainOperator {
  readonly main: Target[];
  readonly late: Target[];
  readonly sides: Map<string, Target[]>;
  readonly collector: Collector;
  watermark: number;
  /** Event time that its results have come to: behind `watermark` while rows are in flight. */
  given: number;
}

/** An operator, with the index of its input that takes the rows. */
interface LinkInput {
  readonly link: Link;
  readonly input: number;
}

type Target = LinkInput | ChainOutput;

/**
 * The operators of one task, wired as the stage says. Synchronous: a batch given to `process` has
 * left through the outputs, is in some operator's state, or is in flight, when the call returns.
 */
export class OperatorChain {
  readonly #links: Link[] = [];
  readonly #inputTargets: Target[][];
  readonly #deadLetters: DeadLetter[] = [];
  readonly #inFlight: readonly InFlight[];
  #isAborted = false;

  constructor(stage: Stage, create: CreateOperator, outputs: readonly ChainOutput[]) {
    this.#inputTargets = stage.inputs.map(() => []);
    for (const planned of stage.operators) this.#links.push(this.#link(planned, create(planned)));
    stage.operators.forEach((planned, index) => {
      const link = this.#links[index] as Link;
      planned.inputs.forEach((port, input) => this.#targets(port).push({ link, input }));
    });
    stage.outputs.forEach((output, index) => {
      this.#targets(output.from).push(outputs[index] as ChainOutput);
    });
    this.#inFlight = this.#links.flatMap(({ operator }) => operator.inFlight ?? []);
  }

  get operators(): readonly ChainOperator[] {
    return this.#links;
  }

  /** Gives a batch of a stage input to whoever reads it. */
  process(input: number, batch: RecordBatch): void {
    for (const target of this.#inputTargets[input] ?? []) deliver(target, batch);
  }

  /** Whether rows are in flight. */
  get isInFlight(): boolean {
    return this.#inFlight.some((each) => each.rows > 0);
  }

  /** Whether rows are in flight whose calls have not begun. */
  get isWaiting(): boolean {
    return this.#inFlight.some((each) => each.rowsWaiting > 0);
  }

  /** Whether an operator has as many rows in flight as it may. */
  get isFull(): boolean {
    return this.#inFlight.some((each) => each.isFull);
  }

  /** Whether what is in flight will not come. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Resolves when `advanceWatermark` may give out more of what is in flight. */
  async ready(): Promise<void> {
    await Promise.race(this.#inFlight.filter((each) => each.rows > 0).map((each) => each.ready()));
  }

  /** Ends what is in flight. */
  abort(): void {
    this.#isAborted = true;
    for (const each of this.#inFlight) each.abort();
  }

  /**
   * Gives out what is ready of rows in flight, and moves event time on. Operators do so in
   * topological order, so what one emits has been taken in by its readers before their own
   * watermark moves.
   *
   * @param inputWatermarks of each stage input, in ms
   */
  advanceWatermark(inputWatermarks: readonly number[]): void {
    for (const link of this.#links) {
      link.operator.inFlight?.deliver(link.collector);
      let watermark = Infinity;
      for (const port of link.planned.inputs) {
        watermark = Math.min(watermark, this.portWatermark(port, inputWatermarks));
      }
      if (watermark > link.watermark) {
        link.watermark = watermark;
        link.operator.advanceWatermark(watermark, link.collector);
      }
      const { inFlight } = link.operator;
      link.given = Math.max(link.given, Math.min(link.watermark, inFlight?.watermark ?? Infinity));
    }
  }

  /** Event time up to which the rows of a port are complete. */
  portWatermark(port: StagePort, inputWatermarks: readonly number[]): number {
    if (port.from === "input") {
      const watermark = inputWatermarks[port.index];
      assert(watermark !== undefined, "a port names an input of its stage");
      return watermark;
    }
    const link = this.#links[port.index];
    assert(link !== undefined, "a port names an operator of its stage");
    return link.given - watermarkDelayMs(link.planned.spec);
  }

  /** Dead letters since the last call. */
  takeDeadLetters(): DeadLetter[] {
    return this.#deadLetters.splice(0);
  }

  /**
   * Holds every operator to T7.
   *
   * @throws RUN_COUNTS_DISAGREE
   */
  checkCounts(): void {
    for (const { operator, planned } of this.#links) {
      const { rowsIn, accepted, filtered, late, deadLettered } = operator.counts;
      if (rowsIn === accepted + filtered + late + deadLettered) continue;
      throw millraceError("RUN_COUNTS_DISAGREE", {
        operatorId: planned.id,
        counts: JSON.stringify(operator.counts),
      });
    }
  }

  /** Puts the watermark of a restored task back, without emitting. */
  restoreWatermarks(inputWatermarks: readonly number[]): void {
    for (const link of this.#links) {
      link.watermark = Math.min(
        ...link.planned.inputs.map((port) => this.portWatermark(port, inputWatermarks)),
      );
      link.given = link.watermark;
      for (const table of link.operator.state) table.restored(link.watermark);
    }
  }

  restoreCounts(counts: Readonly<Record<string, OperatorCounts>>): void {
    for (const { operator, planned } of this.#links) {
      Object.assign(operator.counts, counts[planned.id]);
    }
  }

  #link(planned: StageOperator, operator: Operator): Link {
    const main: Target[] = [];
    const late: Target[] = [];
    const sides = new Map<string, Target[]>();
    const collector: Collector = {
      emit: (batch) => {
        for (const target of main) deliver(target, batch);
      },
      emitLate: (batch) => {
        for (const target of late) deliver(target, batch);
      },
      emitSide: (name, batch) => {
        for (const target of sides.get(name) ?? []) deliver(target, batch);
      },
      deadLetter: (letter) => {
        this.#deadLetters.push(letter);
      },
    };
    const start = { watermark: -Infinity, given: -Infinity };
    return { operator, planned, main, late, sides, collector, ...start };
  }

  #targets(port: StagePort): Target[] {
    if (port.from === "input") return this.#inputTargets[port.index] as Target[];
    const link = this.#links[port.index] as Link;
    if (port.output === "main") return link.main;
    if (port.output === "late") return link.late;
    const { side } = port.output;
    const known = link.sides.get(side) ?? [];
    link.sides.set(side, known);
    return known;
  }
}

function deliver(target: Target, batch: RecordBatch): void {
  if (batch.numRows === 0) return;
  if ("link" in target) {
    const { link, input } = target;
    link.operator.process(batch, link.collector, input);
  } else {
    target.write(batch);
  }
}
