import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Generated, Generator, type GeneratorOptions } from "./generator.ts";

/** Which files. */
export interface DatasetOptions extends GeneratorOptions {
  /** Records come in another order within groups of so many; 1 keeps the order. */
  readonly outOfOrder: number;
  /** Files per kind of record, by the record's key. */
  readonly partitions: number;
}

const kinds = ["person", "auction", "bid"] as const;
const bufferedMax = 1 << 20;
const sideInputRows = 10_000;

/** Name of the directory that holds a data set. */
export function datasetName(options: DatasetOptions): string {
  const { events, rate, seed, outOfOrder, partitions } = options;
  return `events-${events}-rate-${rate}-seed-${seed}-groups-${outOfOrder}-files-${partitions}`;
}

/**
 * Writes newline-delimited JSON, `person-0.ndjson` and so on, and `side-input.ndjson`; nothing
 * where the files are there already.
 *
 * @param onProgress gets the share that is written
 * @returns the directory, below `parent`
 */
export function writeDataset(
  parent: string,
  options: DatasetOptions,
  onProgress: (share: number) => void = () => undefined,
): string {
  const directory = join(parent, datasetName(options));
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const files = new Map<string, LineFile>();
  for (const kind of kinds) {
    for (let partition = 0; partition < options.partitions; partition += 1) {
      const name = `${kind}-${partition}.ndjson`;
      files.set(name, new LineFile(join(unfinished, name)));
    }
  }
  let written = 0;
  for (const record of inGroups(options)) {
    const name = `${record.kind}-${record.key % options.partitions}.ndjson`;
    files.get(name)?.write(JSON.stringify({ seq: record.seq, ...record.fields }));
    written += 1;
    if (written % 50_000 === 0) onProgress(written / options.events);
  }
  for (const file of files.values()) file.close();
  writeSideInput(join(unfinished, "side-input.ndjson"));
  mkdirSync(dirname(directory), { recursive: true });
  publish(unfinished, directory);
  return directory;
}

/** Another process may have written the same files in the meantime. */
function publish(unfinished: string, directory: string): void {
  if (existsSync(directory)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, directory);
}

/** All records, with those of each group in an order that depends on the seed. */
function* inGroups(options: DatasetOptions): RecordSequence {
  const generator = new Generator(options);
  for (let from = 0; from < options.events; from += options.outOfOrder) {
    const to = Math.min(from + options.outOfOrder, options.events);
    const order = Array.from({ length: to - from }, (_, index) => from + index);
    if (options.outOfOrder > 1) {
      const rank = (seq: number): number => Math.imul(seq ^ options.seed, 0x9e3779b1) >>> 0;
      order.sort((a, b) => rank(a) - rank(b) || a - b);
    }
    for (const seq of order) yield generator.record(seq);
  }
}

type RecordSequence = globalThis.Generator<Generated, void, undefined>;

function writeSideInput(path: string): void {
  const file = new LineFile(path);
  for (let key = 0; key < sideInputRows; key += 1) {
    file.write(JSON.stringify({ key, value: String(key) }));
  }
  file.close();
}

/** A text file that is written in portions of a megabyte. */
class LineFile {
  readonly #descriptor: number;
  #lines: string[] = [];
  #size = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "w");
  }

  write(line: string): void {
    this.#lines.push(line);
    this.#size += line.length + 1;
    if (this.#size >= bufferedMax) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    if (this.#lines.length > 0) writeSync(this.#descriptor, `${this.#lines.join("\n")}\n`);
    this.#lines = [];
    this.#size = 0;
  }
}
