import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Generated, Generator, type GeneratorOptions, SeededNumbers } from "./generator.ts";

/** Which files. */
export interface DatasetOptions extends GeneratorOptions {
  /** Records come in another order within groups of so many; 1 keeps the order. */
  readonly outOfOrder: number;
  /** Files per kind of record, by the record's key. */
  readonly partitions: number;
  /**
   * Share of the records, 0…1, that come 5 to 40 s of event time too late, which is beyond the
   * bound; default none. Records then tell their line in the file as `arrival`.
   */
  readonly late?: number;
}

const kinds = ["person", "auction", "bid"] as const;
const bufferedMax = 1 << 20;
const delayMinMs = 5000;
const delayMaxMs = 40_000;
const sideInputRows = 10_000;

/** Name of the directory that holds a data set. */
export function datasetName(options: DatasetOptions): string {
  const { events, rate, seed, outOfOrder, partitions, late = 0 } = options;
  const lateness = late === 0 ? "" : `-late-${late}`;
  return `events-${events}-rate-${rate}-seed-${seed}-groups-${outOfOrder}-files-${partitions}${lateness}`;
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
  for (const record of delayed(inGroups(options), options)) {
    const file = files.get(`${record.kind}-${record.key % options.partitions}.ndjson`);
    const arrival = options.late === undefined ? {} : { arrival: file?.lineCount };
    file?.write(JSON.stringify({ seq: record.seq, ...record.fields, ...arrival }));
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

/** Moves the late share of the records back in the sequence, so far that they are too late. */
function* delayed(records: RecordSequence, options: DatasetOptions): RecordSequence {
  const { late = 0, rate, seed } = options;
  if (late === 0) return yield* records;
  const numbers = new SeededNumbers(seed);
  /** By the number of records that come before them. */
  const waiting = new Map<number, Generated[]>();
  let passed = 0;
  for (const record of records) {
    numbers.start(record.seq);
    if (numbers.fraction() < late) {
      const delayMs = delayMinMs + numbers.fraction() * (delayMaxMs - delayMinMs);
      const due = passed + Math.ceil((delayMs * rate) / 1000);
      waiting.set(due, [...(waiting.get(due) ?? []), record]);
    } else {
      yield record;
    }
    passed += 1;
    yield* waiting.get(passed) ?? [];
    waiting.delete(passed);
  }
  for (const due of [...waiting.keys()].toSorted((a, b) => a - b)) yield* waiting.get(due) ?? [];
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
  #lineCount = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "w");
  }

  /** Lines that have been written. */
  get lineCount(): number {
    return this.#lineCount;
  }

  write(line: string): void {
    this.#lineCount += 1;
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
