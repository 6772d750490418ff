import { type DecoderOptions, type Random, type RowSchema, seededRandom } from "@millrace/core";
import type { CsvOptions } from "@millrace/formats";
import { CsvDifference } from "../csv/csv-difference.ts";
import { RandomCsv } from "../csv/random-csv.ts";
import { Deep, Flat, Narrow, Nested, Times } from "../json/row-types.ts";
import { shrunken } from "./shrunken.ts";

/** What `npm run fuzz -- --only` calls it. */
export const name = "csv";
/** Inputs of a whole run. */
export const inputs = 1_000_000;

const rowTypes = [Flat, Narrow, Times, Nested, Deep];
const dialects = [{ delimiter: "," }, { delimiter: ";", nullValues: ["NA", "NaN"] }];
/** Few, for one damaged line makes csv-parse refuse them all. */
const linesAtOnce = 5;

/**
 * Reads so many random lines of CSV, as written and damaged, and compares each reading with
 * csv-parse and the row type. Gives the first difference, with the bytes that still show it when
 * nothing more can be left out.
 */
export async function fuzz(
  seed: number,
  count: number,
  progress: (done: number) => Promise<void>,
): Promise<string | undefined> {
  const random = seededRandom(seed);
  const targets = rowTypes.flatMap(({ schema }) =>
    dialects.flatMap((dialect) => [
      targetOf(random, schema, schema.fields.length, dialect),
      targetOf(random, schema, 2, dialect),
    ]),
  );
  for (let done = 0; done < count; done += linesAtOnce) {
    const target = targets[(done / linesAtOnce) % targets.length]!;
    const bytes = target.csv.lines(linesAtOnce);
    if (target.difference.of(bytes) !== undefined) return report(target, bytes);
    if (done % 5000 === 0) await progress(done);
  }
  return undefined;
}

interface Target {
  readonly options: DecoderOptions;
  readonly dialect: Required<Omit<CsvOptions, "hasHeader">>;
  readonly csv: RandomCsv;
  readonly difference: CsvDifference;
}

function targetOf(
  random: Random,
  schema: RowSchema,
  columnCount: number,
  { delimiter, nullValues = [] }: { readonly delimiter: string; readonly nullValues?: string[] },
): Target {
  const columns = schema.fields.slice(-columnCount).map((field) => field.name);
  const options: DecoderOptions = { schema, columns, validators: new Map() };
  const dialect = { delimiter, nullValues };
  const csv = new RandomCsv(random, schema.fields, delimiter);
  return { options, dialect, csv, difference: new CsvDifference(options, dialect) };
}

function report({ options, dialect, difference }: Target, bytes: Uint8Array): string {
  const small = shrunken(bytes, (part) => difference.of(part) !== undefined);
  const text = JSON.stringify(Buffer.from(small).toString("latin1"));
  const where = `${JSON.stringify(dialect)}, columns ${options.columns.join()}`;
  return `${where}; latin1 ${text}\n${difference.of(small)}`;
}
