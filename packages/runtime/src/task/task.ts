// Invariants of a task (DESIGN 2):
//   T1. A task is the only writer of its changelog partition. Its writer is opened under a group
//     generation just confirmed, which fences every older writer of the id; only then is the state
//     restored, up to the end read after opening. A fenced task stops; it never opens its writer
//     again on its own. It goes on over generations of the group that leave it where it is: what
//     its writer commits is in the name of the newest one (live-membership.ts).
//   T2. One transaction holds output rows, dead letters, state deltas and the progress record. It
//     commits whole or none of it exists.
//   T3. Progress is read from the changelog alone. A changelog without a genesis record is an
//     error.
//   T4. After a commit of unknown outcome the task is discarded, with its writer and its state, and
//     restored.
//   T5. It commits when caught up or when a budget is full (commit-policy.ts).
//   T6. The await points of a turn follow each other: the read, room for rows in flight, the
//     commit. No wall clock, no randomness but Clock and Random.
//   T7. Every operator's counts balance at every commit.
//   T8. Nothing is in flight at a commit: it waits for what is. A task that is stopped meanwhile
//     does not commit; what it took in since its last commit is read again.

import {
  atCrashPoints,
  type Clock,
  type DeadLetter,
  type Json,
  type LogWriter,
  type OperatorCounts,
  type SourceProgress,
} from "@millrace/core";
import type { Stage, StageInput } from "@millrace/plan";
import { type InputRead, isBeyond, type TaskInput } from "../input/task-input.ts";
import { encodeDeadLetters } from "../output/dead-letter-record.ts";
import type { EdgeOutput } from "../output/edge-output.ts";
import type { Changelog } from "../state/changelog.ts";
import type { OperatorTables } from "../state/changelog-replay.ts";
import type { TaskListener } from "../run/run-options.ts";
import type { TaskTracer } from "../trace/task-tracer.ts";
import { frontOf, type SourceFront } from "../watermark/source-front.ts";
import { CommitPolicy } from "./commit-policy.ts";
import type { LiveMembership } from "./live-membership.ts";
import type { OperatorChain } from "./operator-chain.ts";

/** What a task has counted since the genesis of its changelog. */
export interface TaskCounts {
  readonly operators: Readonly<Record<string, OperatorCounts>>;
  readonly inputs: readonly { readonly rowsRead: number; readonly deadLettered: number }[];
  /** By output of the stage. */
  readonly rowsWritten: readonly number[];
  readonly deadLetters: number;
  readonly commits: number;
}

/** The progress record of a task: all it must know to go on (T2, T3). */
export interface TaskProgress {
  readonly [key: string]: Json;
  readonly generation: number;
  readonly epoch: number;
  readonly inputs: readonly Json[];
  readonly counts: Json;
}

type ReadRows = InputRead & { readonly kind: "rows" };

/**
 * What a worker needs to know after a turn: `waiting` for others to commit, `held` by others that
 * are behind in event time.
 */
export type TurnOutcome = "worked" | "waiting" | "held" | "ended";

/** What a task is given for a turn. */
export interface TurnLimits {
  /** Of the source partitions whose rows can meet its own, with its own. */
  readonly front: SourceFront;
  /** How far a source partition may be ahead of the front's watermark in ms. */
  readonly maxDriftMs: number;
  /** Called once it has read, before it waits for anything else: its own front may have moved. */
  readonly onRead?: () => void;
}

/** An idle partition follows the others at most so often, as each time is a commit. */
const followEveryMs = 200;
/** A busy task asks the inputs that had nothing again after this. */
const askEveryMs = 100;

/** What a task is made of, opened and restored. */
export interface TaskParts {
  readonly id: string;
  readonly stage: Stage;
  readonly partition: number;
  readonly generation: number;
  readonly inputs: readonly TaskInput[];
  readonly chain: OperatorChain;
  readonly outputs: readonly EdgeOutput[];
  readonly changelog: Changelog;
  readonly writer: LogWriter;
  readonly membership: LiveMembership;
  readonly deadLetterTopic: string;
  readonly clock: Clock;
  readonly restored: TaskProgress | undefined;
  readonly onNotice?: TaskListener;
  /** Absent where nobody wants traces. */
  readonly tracer?: TaskTracer | undefined;
}

/** A task's first commit in a generation of the group. */
export interface FirstCommit {
  readonly groupGeneration: number;
  /** By the clock, in ms. */
  readonly atMs: number;
}

/** One stage's operators over one partition. `turn` is called in a loop by its worker. */
export class Task {
  readonly id: string;
  readonly stage: Stage;
  readonly partition: number;
  readonly #parts: TaskParts;
  readonly #policy: CommitPolicy;
  readonly #tables: readonly OperatorTables[];
  readonly #deadLetters: DeadLetter[] = [];
  /** Of the open transaction, for those who observe; the first one's code and reason. */
  #lettersToTell: { readonly count: number; readonly first: DeadLetter } | undefined;
  #deadLetterCount: number;
  #rowsCommitted: number;
  #epoch: number;
  #commits: number;
  /** Whether anything was taken in since the last commit. */
  #isDirty = false;
  #isEnded = false;
  #firstCommit: FirstCommit | undefined;
  /** Rows that its sources had given before it was opened. */
  readonly #rowsReadBefore: number;
  #followedAtMs = -Infinity;
  #askedAtMs = -Infinity;
  /** Inputs that had nothing when they were last asked. */
  readonly #caughtUp = new Set<TaskInput>();

  constructor(parts: TaskParts) {
    this.id = parts.id;
    this.stage = parts.stage;
    this.partition = parts.partition;
    this.#parts = parts;
    this.#policy = new CommitPolicy(parts.clock);
    this.#tables = tablesOf(parts.chain);
    const counts = parts.restored?.counts as TaskCounts | undefined;
    this.#epoch = parts.restored?.epoch ?? 0;
    this.#deadLetterCount = counts?.deadLetters ?? 0;
    this.#commits = counts?.commits ?? 0;
    this.#rowsCommitted = this.#rowsReadOfAll();
    this.#rowsReadBefore = this.#sourceRowsRead();
  }

  /** Where its source partitions are in event time. */
  get front(): SourceFront {
    return frontOf(this.#parts.inputs.flatMap((input) => input.partitions));
  }

  /** In the order of the stage's inputs. */
  get inputs(): readonly TaskInput[] {
    return this.#parts.inputs;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Commits since the genesis. */
  get commits(): number {
    return this.#commits;
  }

  /**
   * Reads one input, processes what it gave, waits where too many rows are in flight, and commits
   * when it is time.
   *
   * @returns "waiting" when every input is caught up and there was nothing to commit
   */
  async turn(limits: TurnLimits): Promise<TurnOutcome> {
    const readLimit = limits.front.watermark + limits.maxDriftMs;
    this.#askAgain();
    this.#fireTimers();
    const input = this.#nextInput(readLimit);
    let hasTaken = false;
    if (input !== undefined) hasTaken = await this.#take(input, limits.front, readLimit);
    else if (this.#canEnd()) this.#advance();
    limits.onRead?.();
    await this.#makeRoom();
    const isQuiet = this.#nextInput(readLimit) === undefined;
    const isHeld = isQuiet && this.#openInputs().some((open) => this.#isBeyond(open, readLimit));
    const isDue =
      isQuiet && !isHeld
        ? this.#isDirty || this.#canEnd()
        : this.#policy.isDue(this.#parts.outputs.reduce((sum, o) => sum + o.pendingBytes, 0)) &&
          (this.#isDirty || !isHeld);
    if (isQuiet) this.#caughtUp.clear();
    if (isDue) await this.commit();
    if (this.#isEnded) return "ended";
    // What it took may have moved the front, and with it the limit that it seems to be beyond.
    if (!isQuiet || isDue || hasTaken) return "worked";
    return isHeld ? "held" : "waiting";
  }

  /** One transaction of everything since the last one (T2); none if it was stopped before (T8). */
  async commit(): Promise<void> {
    const { chain, tracer } = this.#parts;
    const startedAtMs = await this.#settle();
    if (chain.isInFlight) return;
    if (tracer === undefined) return this.#transact(startedAtMs);
    await tracer.commit((traceParent) => this.#transact(startedAtMs, traceParent));
  }

  async #transact(startedAtMs: number, traceParent?: string): Promise<void> {
    const { chain, changelog, clock, inputs, outputs, writer, membership } = this.#parts;
    chain.checkCounts();
    const watermarks = inputs.map((input) => input.watermark);
    outputs.forEach((output, index) => {
      const port = this.stage.outputs[index]?.from;
      if (port !== undefined) output.flush(writer, chain.portWatermark(port, watermarks));
    });
    this.#flushDeadLetters();
    this.#epoch += 1;
    this.#commits += 1;
    changelog.append(writer, this.#tables, this.#progress());
    this.#noteRead();
    if (traceParent !== undefined) writer.noteTrace?.(traceParent);
    await atCrashPoints("commit", () => membership.inName(() => writer.commit()));
    this.#noteGeneration();
    this.#isDirty = false;
    this.#isEnded = inputs.every((input) => input.isEnded);
    await changelog.committed();
    for (const input of inputs) await input.committed();
    const durationMs = clock.monotonicMs() - startedAtMs;
    this.#policy.committed(durationMs);
    this.#tellCommit(durationMs);
  }

  /** Ends what is in flight: the task does not commit it. */
  abort(): void {
    this.#parts.chain.abort();
  }

  /** Whether it reads a connector, not only other tasks. */
  get readsSource(): boolean {
    return this.stage.inputs.some((input) => input.kind === "source");
  }

  /** Whether others wait until it has read a table. */
  get readsTable(): boolean {
    return this.#openInputs().some((input) => feedsTable(this.#planned(input)));
  }

  /** Rows given to an output of the stage since the genesis. */
  rowsWritten(output: number): number {
    return this.#parts.outputs[output]?.rowsWritten ?? 0;
  }

  /** Rows taken from an input of the stage since the genesis. */
  rowsRead(input: number): number {
    return this.#parts.inputs[input]?.counts.rowsRead ?? 0;
  }

  /** What was restored; undefined where there was nothing. */
  get restoredCounts(): TaskCounts | undefined {
    return this.#parts.restored?.counts as TaskCounts | undefined;
  }

  /** Rows that its sources have given since it was opened. */
  get rowsReadHere(): number {
    return this.#sourceRowsRead() - this.#rowsReadBefore;
  }

  /** Bytes of its changelog that were read when it was opened. */
  get restoredBytes(): number {
    return this.#parts.changelog.restored.bytes;
  }

  /** In the generation of its last commit; undefined before the first one here. */
  get firstCommit(): FirstCommit | undefined {
    return this.#firstCommit;
  }

  counts(): TaskCounts {
    const operators: Record<string, OperatorCounts> = {};
    for (const { planned, operator } of this.#parts.chain.operators) {
      operators[planned.id] = { ...operator.counts };
    }
    return {
      operators,
      inputs: this.#parts.inputs.map((input) => ({ ...input.counts })),
      rowsWritten: this.#parts.outputs.map((output) => output.rowsWritten),
      deadLetters: this.#deadLetterCount,
      commits: this.#commits,
    };
  }

  /** Event time that each operator has come to, in ms. */
  operatorWatermarks(): Record<string, number> {
    const { operators } = this.#parts.chain;
    return Object.fromEntries(operators.map((link) => [link.planned.id, link.watermark]));
  }

  sourceProgress(): SourceProgress[] {
    return this.#parts.inputs
      .map((input) => input.sourceProgress)
      .filter((progress) => progress !== undefined);
  }

  stateBytes(): number {
    let bytes = 0;
    for (const { tables } of this.#tables) for (const table of tables) bytes += table.sizeBytes;
    return bytes;
  }

  async close(): Promise<void> {
    this.abort();
    for (const input of this.#parts.inputs) await input.close();
    await this.#parts.writer.close();
  }

  #openInputs(): TaskInput[] {
    return this.#parts.inputs.filter((input) => !input.isEnded);
  }

  /**
   * The input that is furthest behind in event time, of those that may have something and whose
   * tables have been read to their ends.
   */
  #nextInput(readLimit: number): TaskInput | undefined {
    let next: TaskInput | undefined;
    for (const input of this.#openInputs()) {
      if (this.#caughtUp.has(input) || this.#isBeyond(input, readLimit)) continue;
      if (!this.#isReadable(input)) continue;
      if (next === undefined || input.watermark < next.watermark) next = input;
    }
    return next;
  }

  #isReadable(input: TaskInput): boolean {
    const after = this.#planned(input)?.after ?? [];
    return after.every((index) => this.#parts.inputs[index]?.isEnded === true);
  }

  /** Whether an input waits for others that are behind it in event time. A table never does. */
  #isBeyond(input: TaskInput, readLimit: number): boolean {
    return !feedsTable(this.#planned(input)) && isBeyond(input, readLimit);
  }

  #planned(input: TaskInput): StageInput | undefined {
    return this.stage.inputs[this.#parts.inputs.indexOf(input)];
  }

  /** @returns whether there was anything: rows, or the input's end */
  async #take(input: TaskInput, front: SourceFront, readLimit: number): Promise<boolean> {
    const isTable = feedsTable(this.#planned(input));
    const readAt = this.#parts.tracer === undefined ? 0 : this.#parts.clock.now();
    const read = await input.read(isTable ? Infinity : readLimit);
    const hasFollowed = this.#follow(input, front);
    if (read.kind === "caught-up") {
      this.#caughtUp.add(input);
      this.#isDirty ||= read.isNews || hasFollowed;
      if (hasFollowed) this.#advance();
      return false;
    }
    this.#isDirty = true;
    if (read.kind === "end") this.#advance();
    else this.#processTraced(input, read, readAt);
    return true;
  }

  #processTraced(input: TaskInput, read: ReadRows, readAt: number): void {
    const { tracer } = this.#parts;
    if (tracer === undefined) return this.#process(input, read);
    const planned = this.#planned(input);
    const rows = read.batches.reduce((sum, batch) => sum + batch.numRows, 0);
    const { traceParents = [] } = read;
    const name = planned?.kind === "shuffle" ? planned.topic : (planned?.sourceId ?? "");
    const batch = { input: name, rows, traceParents, readAt };
    tracer.batch(batch, () => this.#process(input, read));
  }

  #process(input: TaskInput, read: ReadRows): void {
    const { chain, inputs } = this.#parts;
    this.#deadLetters.push(...read.deadLetters);
    const index = inputs.indexOf(input);
    for (const batch of read.batches) chain.process(index, batch);
    this.#advance();
  }

  /**
   * Moves event time on to where the inputs are; also when they had all ended before the first
   * read.
   */
  #advance(): void {
    const { chain, inputs } = this.#parts;
    chain.advanceWatermark(inputs.map((input) => input.watermark));
    this.#deadLetters.push(...chain.takeDeadLetters());
  }

  /** Fires timers in processing time; the worker asks for a turn often enough. */
  #fireTimers(): void {
    const { chain, clock } = this.#parts;
    const now = clock.now();
    if (chain.nextTimerAt > now) return;
    this.#isDirty = true;
    chain.fireTimers(now);
    this.#deadLetters.push(...chain.takeDeadLetters());
  }

  /** Waits while too many rows are in flight. */
  async #makeRoom(): Promise<void> {
    const { chain } = this.#parts;
    while (chain.isFull && !chain.isAborted) {
      await chain.ready();
      this.#advance();
    }
  }

  /**
   * Waits until nothing is in flight, or it has been stopped.
   *
   * @returns since when no further call could begin: waiting for the last ones is a cost of the
   *   commit, having the others done is not
   */
  async #settle(): Promise<number> {
    const { chain, clock } = this.#parts;
    let startedAtMs = clock.monotonicMs();
    while (chain.isInFlight && !chain.isAborted) {
      await chain.ready();
      if (chain.isWaiting) startedAtMs = clock.monotonicMs();
      this.#advance();
    }
    return startedAtMs;
  }

  /** Takes idle partitions on to where the others are. @returns whether one has moved */
  #follow(input: TaskInput, front: SourceFront): boolean {
    const now = this.#parts.clock.monotonicMs();
    const restMs = Math.max(followEveryMs, this.#policy.restMs);
    if (now - this.#followedAtMs < restMs) return false;
    let hasMoved = false;
    for (const partition of input.partitions) hasMoved = partition.follow(front) || hasMoved;
    if (hasMoved) this.#followedAtMs = now;
    return hasMoved;
  }

  /** An input that had nothing is asked again although others keep the task busy. */
  #askAgain(): void {
    const now = this.#parts.clock.monotonicMs();
    if (now - this.#askedAtMs < askEveryMs) return;
    this.#askedAtMs = now;
    this.#caughtUp.clear();
  }

  /** Whether the end has been reached but not yet committed. */
  #canEnd(): boolean {
    return !this.#isEnded && this.#openInputs().length === 0;
  }

  #noteGeneration(): void {
    const groupGeneration = this.#parts.membership.generation;
    if (this.#firstCommit?.groupGeneration === groupGeneration) return;
    this.#firstCommit = { groupGeneration, atMs: this.#parts.clock.now() };
  }

  #sourceRowsRead(): number {
    const { inputs } = this.#parts;
    const isSource = (index: number): boolean => this.stage.inputs[index]?.kind === "source";
    return inputs.reduce((sum, { counts }, at) => sum + (isSource(at) ? counts.rowsRead : 0), 0);
  }

  #noteRead(): void {
    const { inputs, writer } = this.#parts;
    if (writer.noteRead === undefined) return;
    for (const { topic, partition, next } of inputs.flatMap((input) => input.logPlaces)) {
      writer.noteRead(topic, partition, next);
    }
  }

  #flushDeadLetters(): void {
    if (this.#deadLetters.length === 0) return;
    const { deadLetterTopic, writer } = this.#parts;
    const [first] = this.#deadLetters as [DeadLetter];
    this.#lettersToTell = { count: this.#deadLetters.length, first };
    this.#deadLetterCount += this.#deadLetters.length;
    writer.append(deadLetterTopic, this.partition, encodeDeadLetters(this.#deadLetters));
    this.#deadLetters.length = 0;
  }

  #rowsReadOfAll(): number {
    return this.#parts.inputs.reduce((sum, { counts }) => sum + counts.rowsRead, 0);
  }

  #tellCommit(durationMs: number): void {
    const rowsRead = this.#rowsReadOfAll();
    const rows = rowsRead - this.#rowsCommitted;
    this.#rowsCommitted = rowsRead;
    const letters = this.#lettersToTell;
    this.#lettersToTell = undefined;
    const { onNotice } = this.#parts;
    if (onNotice === undefined) return;
    const task = { stage: this.stage.id, partition: this.partition };
    onNotice({ kind: "committed", task, durationMs, rows });
    if (letters === undefined) return;
    const { code, reason } = letters.first;
    onNotice({ kind: "dead-letters", task, count: letters.count, code, reason });
  }

  #progress(): TaskProgress {
    return {
      generation: this.#parts.generation,
      epoch: this.#epoch,
      inputs: this.#parts.inputs.map((input) => input.progress()),
      counts: this.counts() as unknown as Json,
    };
  }
}

function feedsTable(input: StageInput | undefined): boolean {
  return input?.kind === "source" && input.feedsTable === true;
}

function tablesOf(chain: OperatorChain): OperatorTables[] {
  return chain.operators
    .map(({ planned, operator }) => ({ operatorId: planned.id, tables: operator.state }))
    .filter(({ tables }) => tables.length > 0);
}
