import { assert, isMillraceError, type Sink, type SinkToken, systemClock } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

const attemptsMax = 400;
const pauseMs = 50;

/**
 * Writes one partition as a sink task does: after an error that may pass the token says how far.
 */
export class SteadyWriter {
  /** Errors that have passed. */
  readonly errors: string[] = [];
  readonly #sink: Sink;
  readonly #partition: number;
  #token: SinkToken | undefined;

  constructor(sink: Sink, partition: number) {
    this.#sink = sink;
    this.#partition = partition;
  }

  /** Writes rows, once, however often it must be tried. */
  async write(rows: readonly RecordBatch[]): Promise<void> {
    const expected = this.#token;
    const next = { generation: 1, offset: (expected?.offset ?? 0n) + 1n };
    const isWritten = await this.#try(() =>
      this.#sink.write({ partition: this.#partition, rows, expected, next }),
    );
    this.#token = next;
    if (isWritten) return;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const token = await this.#readToken();
      if (isSame(token, next)) return;
      assert(isSame(token, expected), "the token is where it was or where it was to be");
      const retry = { partition: this.#partition, rows, expected, next };
      if (await this.#try(() => this.#sink.write(retry))) return;
    }
    assert(false, "the store takes the rows in the end");
  }

  async #readToken(): Promise<SinkToken | undefined> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      let token: SinkToken | undefined;
      const isRead = await this.#try(async () => {
        token = await this.#sink.readToken(this.#partition);
      });
      if (isRead) return token;
    }
    assert(false, "the store can be read in the end");
  }

  async #try(action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      // A retry may find that the attempt before it was committed after all.
      const isFenced = isMillraceError(error) && error.code === "SINK_FENCED";
      if (!isMillraceError(error) || (error.retry !== "backoff" && !isFenced)) throw error;
      assert(!isFenced || this.errors.length > 0, "nobody else writes the partition");
      this.errors.push(error.code);
      await systemClock.sleep(pauseMs);
      return false;
    }
  }
}

function isSame(left: SinkToken | undefined, right: SinkToken | undefined): boolean {
  return left?.offset === right?.offset && left?.generation === right?.generation;
}
