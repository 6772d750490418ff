import { readFile } from "node:fs/promises";
import { sliceRows } from "@millrace/columnar";
import type { FieldType, Json, SourceBatch, SourceProgress, SourceReader } from "@millrace/core";
import { arrowFormat } from "@millrace/formats";
import type { RecordBatch } from "apache-arrow";
import { withFileErrors } from "../error-map.ts";
import type { InputFile } from "../find-files.ts";

/** Reads one partition's Arrow files in order, each whole. */
export class ArrowReader implements SourceReader {
  readonly #files: readonly InputFile[];
  readonly #fields: readonly FieldType[];
  #file = 0;
  #row = 0;
  #offset = 0;
  #rows: RecordBatch | undefined;

  constructor(
    files: readonly InputFile[],
    fields: readonly FieldType[],
    position: Json | undefined,
  ) {
    this.#files = files;
    this.#fields = fields;
    if (position === undefined) return;
    const at = position as { file: number; row: number; offset: number };
    this.#file = at.file;
    this.#row = at.row;
    this.#offset = at.offset;
  }

  async read(rowsMax: number): Promise<SourceBatch | "end"> {
    for (;;) {
      const file = this.#files[this.#file];
      if (file === undefined) return "end";
      this.#rows ??= await withFileErrors(file.path, async () =>
        arrowFormat.read(await readFile(file.path), this.#fields, file.path),
      );
      if (this.#row < this.#rows.numRows) return this.#take(this.#rows, rowsMax);
      this.#file++;
      this.#row = 0;
      this.#rows = undefined;
    }
  }

  #take(all: RecordBatch, rowsMax: number): SourceBatch {
    const to = Math.min(this.#row + rowsMax, all.numRows);
    const rows = sliceRows(all, this.#row, to);
    const firstOffset = this.#offset;
    this.#offset += to - this.#row;
    this.#row = to;
    const position = { file: this.#file, row: to, offset: this.#offset };
    return { rows, firstOffset, position, deadLetters: [] };
  }

  progress(): SourceProgress {
    const sizes = this.#files.map((file) => file.sizeBytes);
    const whole = sizes.slice(0, this.#file).reduce((sum, size) => sum + size, 0);
    const share = this.#rows === undefined ? 0 : this.#row / Math.max(1, this.#rows.numRows);
    const done = whole + Math.floor(share * (sizes[this.#file] ?? 0));
    return { done, total: sizes.reduce((sum, size) => sum + size, 0), unit: "bytes" };
  }

  async close(): Promise<void> {
    this.#rows = undefined;
  }
}
