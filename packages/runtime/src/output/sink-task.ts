import { concatBatches, decodeIpc } from "@millrace/columnar";
import {
  atCrashPoints,
  type Clock,
  isMillraceError,
  type Log,
  type LogReader,
  type LogRecords,
  type MillraceError,
  millraceError,
  type Offset,
  offset,
  recordOffset,
  recordValue,
  type Sink,
  type SinkToken,
  traceParentsOf,
} from "@millrace/core";
import type { SinkOutput } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import type { TaskListener } from "../run/run-options.ts";
import { BackOff } from "../task/back-off.ts";
import type { LiveMembership } from "../task/live-membership.ts";
import type { TaskTracer } from "../trace/task-tracer.ts";
import { decodeEdgeRecord } from "./edge-record.ts";

const readBytesMax = 32 * 1024 * 1024;

/** What a sink task works on. */
export interface SinkTaskParts {
  readonly planned: SinkOutput;
  readonly log: Log;
  readonly membership: LiveMembership;
  readonly sink: Sink;
  readonly partition: number;
  readonly generation: number;
  readonly clock: Clock;
  readonly onNotice?: TaskListener;
  readonly tracer?: TaskTracer | undefined;
}

/** Where a sink partition is to be read on, by the store's own word. */
interface Place {
  readonly token: SinkToken | undefined;
  readonly reader: LogReader;
}

/**
 * Writes one sink partition to its store: rows and token together, from the token on (DESIGN 6).
 *
 * The store's token is the only progress of a sink task. The sink partition is truncated only below
 * a token that is durable in the store. A slow store delays nobody else. Where the token has moved,
 * an older run has written once more before it noticed that it is over: the task confirms that its
 * own membership still holds, and goes on from the new token; if not, it stops.
 *
 * Where the store fails in a way that may pass, whether it has written the rows is open: the task
 * waits, and goes on from what the token says then. The others run on meanwhile.
 */
export class SinkTask {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly #parts: SinkTaskParts;
  #place: Place;
  #rowsWritten = 0;
  #isEnded = false;
  /** Whether the place is to be found anew, as the store has failed. */
  #isInDoubt = false;
  readonly #backOff: BackOff;
  /** Errors that came from the store, and not from the log. */
  readonly #ofStore = new WeakSet<object>();

  private constructor(parts: SinkTaskParts, place: Place) {
    this.id = parts.planned.sinkId;
    this.topic = parts.planned.topic;
    this.partition = parts.partition;
    this.#parts = parts;
    this.#place = place;
    this.#backOff = new BackOff(parts.clock, parts.partition);
  }

  /** @throws SINK_TOKEN_MISSING when the store has lost a token that it must have had */
  static async open(parts: SinkTaskParts): Promise<SinkTask> {
    const { sink, partition } = parts;
    const readToken = (): Promise<SinkToken | undefined> =>
      atCrashPoints("read-token", () => sink.readToken(partition));
    return new SinkTask(parts, await findPlace(parts, readToken));
  }

  /** Rows given to the store by this process. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Writes what there is, at most about 32 MiB. */
  async turn(): Promise<"worked" | "waiting" | "ended"> {
    if (this.#isEnded) return "ended";
    if (this.#backOff.isWaiting) return "waiting";
    try {
      if (this.#isInDoubt) await this.#relocate();
      const { reader } = this.#place;
      const records = await atCrashPoints("read-sink-topic", () => reader.read(readBytesMax));
      if (records.count === 0) return "waiting";
      this.#isEnded = await this.#take(records);
    } catch (error) {
      if (this.#mayPass(error)) return this.#wait(error);
      if (!hasMoved(error)) throw error;
      return await this.#resume(error);
    }
    return this.#isEnded ? "ended" : "worked";
  }

  async close(): Promise<void> {
    await this.#place.reader.close();
  }

  /** Writes the records' rows. @returns whether they say that the writer has ended */
  async #take(records: LogRecords): Promise<boolean> {
    const batches: RecordBatch[] = [];
    let written = records.baseOffset;
    let isEnded = false;
    for (let index = 0; index < records.count; index += 1) {
      const record = decodeEdgeRecord(recordValue(records, index));
      if (record.kind === "rows") {
        batches.push(decodeIpc(record.payload));
        written = offset(recordOffset(records, index) + 1n);
      } else if (record.watermark === Infinity) isEnded = true;
    }
    // The token stays before the record that says "ended", so that a restarted task reads it again.
    if (batches.length > 0) await this.#writeTraced(batches, written, records);
    return isEnded;
  }

  async #writeTraced(
    batches: readonly RecordBatch[],
    written: Offset,
    records: LogRecords,
  ): Promise<void> {
    const { tracer } = this.#parts;
    if (tracer === undefined) return this.#write(batches, written);
    const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
    const traceParents = traceParentsOf(records, 0, records.count);
    await tracer.write({ rows, traceParents }, () => this.#write(batches, written));
  }

  async #write(batches: readonly RecordBatch[], written: Offset): Promise<void> {
    const { sink, log, generation } = this.#parts;
    const rows = batches.length === 1 ? batches : [concatBatches(batches)];
    const next: SinkToken = { generation, offset: written };
    const expected = this.#place.token;
    const write = { partition: this.partition, rows, expected, next };
    await atCrashPoints("write-sink", () => this.#askStore(() => sink.write(write)));
    this.#backOff.succeeded();
    this.#place = { ...this.#place, token: next };
    for (const batch of rows) this.#rowsWritten += batch.numRows;
    await atCrashPoints("truncate-sink-topic", () =>
      log.truncate(this.topic, this.partition, written),
    );
  }

  async #askStore<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      this.#ofStore.add(Object(error) as object);
      throw error;
    }
  }

  #mayPass(error: unknown): error is MillraceError {
    return isMillraceError(error) && error.retry === "backoff" && this.#ofStore.has(error);
  }

  #wait({ code, message }: MillraceError): "waiting" {
    this.#isInDoubt = true;
    const delayMs = this.#backOff.failed();
    const { id, partition } = this;
    const { failures } = this.#backOff;
    const sink = { sink: id, partition, code, reason: message, failures, delayMs };
    this.#parts.onNotice?.({ kind: "store-failed", ...sink });
    return "waiting";
  }

  /**
   * @throws LOG_GENERATION_STALE when a newer run owns the sink; the given error if nothing moved
   */
  async #resume(error: unknown): Promise<"worked" | "waiting" | "ended"> {
    const { token } = this.#place;
    try {
      await this.#relocate();
    } catch (failure) {
      if (this.#mayPass(failure)) return this.#wait(failure);
      throw failure;
    }
    const moved = this.#place.token;
    const isSame = moved?.offset === token?.offset && moved?.generation === token?.generation;
    if (isSame) throw error;
    return this.#isEnded ? "ended" : "worked";
  }

  /** Goes to where the token is now, if the task's membership still holds. */
  async #relocate(): Promise<void> {
    const { log, membership } = this.#parts;
    const id = `${this.topic}.${this.partition}`;
    const writer = await atCrashPoints("open-writer", () =>
      membership.inName(() => log.openWriter(id, membership)),
    );
    await writer.close();
    const { reader } = this.#place;
    const { sink } = this.#parts;
    this.#place = await findPlace(this.#parts, () =>
      this.#askStore(() => atCrashPoints("read-token", () => sink.readToken(this.partition))),
    );
    await reader.close();
    this.#isInDoubt = false;
  }
}

function hasMoved(error: unknown): boolean {
  return (
    isMillraceError(error) &&
    (error.code === "SINK_FENCED" || error.code === "LOG_OFFSET_OUT_OF_RANGE")
  );
}

/**
 * The token is read after the topic's start, which it can then not be below.
 *
 * @param readToken asks the store
 */
async function findPlace(
  parts: SinkTaskParts,
  readToken: () => Promise<SinkToken | undefined>,
): Promise<Place> {
  const { planned, log, sink, partition, generation, tracer } = parts;
  const { start } = await atCrashPoints("find-sink-topic", () =>
    log.bounds(planned.topic, partition),
  );
  const token = await readToken();
  const isOwn = token !== undefined && token.generation === generation;
  if (!isOwn && start > 0n && sink.guarantee === "exactly-once") {
    throw millraceError("SINK_TOKEN_MISSING", { sink: planned.sinkId });
  }
  const from: Offset = isOwn ? offset(token.offset) : start;
  return {
    token,
    reader: await atCrashPoints("open-sink-topic", () =>
      log.openReader(planned.topic, partition, from, { withMeta: tracer !== undefined }),
    ),
  };
}
