import type { DataType, FieldType, Random } from "@millrace/core";
import { RandomRecords } from "../json/random-records.ts";
import { RandomChoice } from "../random-choice.ts";

/** Makes lines of CSV of a row type, and of what producers, humans and line noise make of it. */
export class RandomCsv {
  readonly #choice: RandomChoice;
  readonly #fields: readonly FieldType[];
  readonly #delimiter: string;
  readonly #values: RandomRecords;

  constructor(random: Random, fields: readonly FieldType[], delimiter: string) {
    this.#choice = new RandomChoice(random);
    this.#fields = fields;
    this.#delimiter = delimiter;
    this.#values = new RandomRecords(random, fields);
  }

  /** Several lines, most with their ends, as bytes. */
  lines(count: number): Uint8Array {
    const choice = this.#choice;
    const end = choice.pick(["\n", "\n", "\r\n"]);
    const lines = Array.from({ length: count }, () => this.#line());
    const bytes = Buffer.from(lines.join(end) + (choice.chance(0.8) ? end : ""));
    return choice.chance(0.3) ? choice.damaged(bytes, noise) : new Uint8Array(bytes);
  }

  #line(): string {
    const choice = this.#choice;
    if (choice.chance(0.03)) return "";
    const fields = this.#fields.map(({ type }) => this.#field(type));
    if (choice.chance(0.02)) fields.pop();
    if (choice.chance(0.02)) fields.push(choice.pick(["", "x", '""']));
    return fields.join(this.#delimiter);
  }

  #field(type: DataType): string {
    const choice = this.#choice;
    if (choice.chance(0.1)) return choice.pick(["", '""', "NA", '"NA"', "NaN", "-Infinity"]);
    const text = this.#text(type);
    const spaced = choice.chance(0.05) ? ` ${text} ` : text;
    const isSafe = !spaced.includes(this.#delimiter) && !/["\r\n]/.test(spaced);
    return isSafe && choice.chance(0.8) ? spaced : `"${spaced.replaceAll('"', '""')}"`;
  }

  #text(type: DataType): string {
    const json = this.#values.value(type);
    if (this.#choice.chance(0.05) || !json.startsWith('"')) return json;
    try {
      return JSON.parse(json) as string;
    } catch {
      // The generator also makes texts that are no JSON.
      return json;
    }
  }
}

const noise = [...Buffer.from('"",;\r\n\n +-.eENA0179\u0001\uFEFF')];
