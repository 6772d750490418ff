import {
  atCrashPoints,
  millraceError,
  type Sink,
  type SinkContext,
  type SinkToken,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readSinkConfig, type RedisSinkConfig } from "./config.ts";
import { callScript, type Client, RedisConnection } from "./connection.ts";
import { PackedItems } from "./packed-items.ts";
import { tokenOf, writeInParts } from "../store/mark.ts";
import { rowPacker, type RowPacker } from "./row-packer.ts";
import { removeScript, type Script, writeScript } from "./script.ts";

// Invariants, with R1 and R2 of script.ts:
//   S1. A call is one part of a write (mark.ts), with so few rows that the server is not held up.

const callBytesMax = 512 * 1024;
const callRowsMax = 5_000;

type Write = Parameters<Sink["write"]>[0];

/** Opens the sink that `redisHash(…)` and its like describe. */
export async function openRedisSink(context: SinkContext): Promise<Sink> {
  const config = readSinkConfig(context.options, context.schema);
  const connection = await RedisConnection.open(config);
  if (connection.isCluster && config.layout !== "channel" && hashTagOf(config.name) === "") {
    connection.close();
    const problem = `a cluster needs a hash tag in ${JSON.stringify(config.name)}, as "{name}:"`;
    throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "redis", problem });
  }
  return new RedisSink(context, config, connection);
}

class RedisSink implements Sink {
  readonly guarantee: Sink["guarantee"];
  readonly #context: SinkContext;
  readonly #config: RedisSinkConfig;
  readonly #connection: RedisConnection;
  readonly #script: Script;
  readonly #marks: string;

  constructor(context: SinkContext, config: RedisSinkConfig, connection: RedisConnection) {
    this.guarantee = config.layout === "channel" ? "at-least-once" : "exactly-once";
    this.#context = context;
    this.#config = config;
    this.#connection = connection;
    this.#script = writeScript(config.layout);
    const tag = hashTagOf(config.name) || config.name;
    this.#marks = `millrace:{${tag}}:${context.pipeline}:${context.sinkId}`;
  }

  async startAfresh(): Promise<void> {
    if (this.#config.whenFresh === "append") return;
    await this.#connection.run(async (client) => {
      await this.#remove(client, [this.#marks]);
      const { layout, name, isPrefix } = this.#config;
      if (layout === "channel") return;
      if (!isPrefix) return this.#remove(client, [name]);
      for await (const keys of keysOf(client, name)) await this.#remove(client, keys);
    });
  }

  /** @throws MillraceError `SINK_FENCED` when there is a mark of a later generation */
  async #remove(client: Client, keys: readonly string[]): Promise<void> {
    const { generation, sinkId } = this.#context;
    const words = [String(generation), ...keys];
    const reply = await callScript(client, removeScript, this.#marks, words);
    if (reply !== 1) throw millraceError("SINK_FENCED", { sink: sinkId });
  }

  async readToken(partition: number): Promise<SinkToken | undefined> {
    const text = await this.#connection.run((client) =>
      client.hget(this.#marks, String(partition)),
    );
    return tokenOf(text);
  }

  async write(write: Write): Promise<void> {
    const rows = new RowCalls(write.rows, rowPacker(this.#config, this.#context.schema));
    await writeInParts(this.#context.sinkId, write, rows.count, async (part) => {
      const { end, settings, items } = rows.from(part.from);
      const partition = String(write.partition);
      const words = [partition, part.expected, part.markAt(end), settings, items];
      const reply = await this.#connection.run((client) =>
        atCrashPoints("commit-store", () => callScript(client, this.#script, this.#marks, words)),
      );
      return { end, found: reply === 1 ? undefined : String(reply) };
    });
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

/** The rows of a write, cut into calls. */
class RowCalls {
  readonly count: number;
  readonly #batches: readonly RecordBatch[];
  readonly #packer: RowPacker;
  #opened: RecordBatch | undefined;

  constructor(batches: readonly RecordBatch[], packer: RowPacker) {
    this.#batches = batches.filter((batch) => batch.numRows > 0);
    this.#packer = packer;
    this.count = this.#batches.reduce((sum, batch) => sum + batch.numRows, 0);
  }

  /** The call with the rows from `start` on. */
  from(start: number): { end: number; settings: Buffer; items: Buffer } {
    const items = new PackedItems();
    const most = Math.min(this.count, start + callRowsMax);
    let end = start;
    let before = 0;
    for (const batch of this.#batches) {
      const after = before + batch.numRows;
      if (end < after && end < most && items.sizeBytes < callBytesMax) this.#open(batch);
      while (end < Math.min(after, most) && items.sizeBytes < callBytesMax) {
        this.#packer.pack(end - before, items);
        end++;
      }
      before = after;
    }
    return { end, settings: this.#packer.settings, items: items.take() };
  }

  #open(batch: RecordBatch): void {
    if (this.#opened === batch) return;
    this.#packer.open(batch);
    this.#opened = batch;
  }
}

/** What stands in the first braces of a key: keys of one tag are in one slot of a cluster. */
function hashTagOf(name: string): string {
  return /^[^{]*\{([^}]+)\}/.exec(name)?.[1] ?? "";
}

/** All keys that begin with a text, some at a time. O(keys of the database). */
async function* keysOf(client: Client, prefix: string): AsyncGenerator<readonly string[]> {
  const nodes = "nodes" in client ? client.nodes("master") : [client];
  const match = `${prefix.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}*`;
  for (const node of nodes) {
    let cursor = "0";
    do {
      const [next, keys] = await node.scan(cursor, "MATCH", match, "COUNT", 1_000);
      if (keys.length > 0) yield keys;
      cursor = next;
    } while (cursor !== "0");
  }
}
