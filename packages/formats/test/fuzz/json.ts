import { type DecoderOptions, type Random, type RowSchema, seededRandom } from "@millrace/core";
import { JsonDifference } from "../json/json-difference.ts";
import { RandomRecords } from "../json/random-records.ts";
import { Deep, Flat, Narrow, Nested, Times } from "../json/row-types.ts";
import { shrunken } from "./shrunken.ts";

/** What `npm run fuzz -- --only` calls it. */
export const name = "json";
/** Inputs of a whole run. */
export const inputs = 1_000_000;

const rowTypes = [Flat, Narrow, Times, Nested, Deep];
const linesAtOnce = 50;

/**
 * Reads so many random lines of JSON, as written and damaged, and compares each reading with
 * JSON.parse and the row type. Gives the first difference, with the bytes that still show it when
 * nothing more can be left out.
 */
export async function fuzz(
  seed: number,
  count: number,
  progress: (done: number) => Promise<void>,
): Promise<string | undefined> {
  const random = seededRandom(seed);
  const targets = rowTypes.flatMap(({ schema }) => [
    targetOf(random, schema, schema.fields.length),
    targetOf(random, schema, 2),
  ]);
  for (let done = 0; done < count; done += linesAtOnce) {
    const { options, records, difference } = targets[(done / linesAtOnce) % targets.length]!;
    const bytes = records.lines(linesAtOnce);
    if (difference.of(bytes) !== undefined) return report(options, bytes);
    if (done % 5000 === 0) await progress(done);
  }
  return undefined;
}

function targetOf(random: Random, schema: RowSchema, columnCount: number) {
  const columns = schema.fields.slice(-columnCount).map((field) => field.name);
  const options: DecoderOptions = { schema, columns, validators: new Map() };
  const records = new RandomRecords(random, schema.fields);
  return { options, records, difference: new JsonDifference(options) };
}

function report(options: DecoderOptions, bytes: Uint8Array): string {
  const differenceOf = (part: Uint8Array) => new JsonDifference(options).of(part);
  const small = shrunken(bytes, (part) => differenceOf(part) !== undefined);
  const text = JSON.stringify(Buffer.from(small).toString("latin1"));
  return `columns ${options.columns.join()}; latin1 ${text}\n${differenceOf(small)}`;
}
