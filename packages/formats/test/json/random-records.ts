import { type DataType, type FieldType, type Random } from "@millrace/core";
import { RandomChoice } from "../random-choice.ts";

/** Makes lines of JSON of a row type, and of what producers, humans and line noise make of it. */
export class RandomRecords {
  readonly #choice: RandomChoice;
  readonly #fields: readonly FieldType[];

  constructor(random: Random, fields: readonly FieldType[]) {
    this.#choice = new RandomChoice(random);
    this.#fields = fields;
  }

  /** Several lines with their ends, as bytes. */
  lines(count: number): Uint8Array {
    const lines = Array.from({ length: count }, () => this.#line());
    const bytes = Buffer.from(
      this.#choice.chance(0.8) ? `${lines.join("")}` : lines.join("").trimEnd(),
    );
    return this.#choice.chance(0.15) ? this.#choice.damaged(bytes, noise) : new Uint8Array(bytes);
  }

  #line(): string {
    if (this.#choice.chance(0.03))
      return this.#choice.pick(["\n", "  \n", "\t\r\n", "[]\n", "null\n", "{}\n"]);
    const mark = this.#choice.chance(0.01) ? "\uFEFF" : "";
    return `${mark}${this.#record(this.#fields)}${this.#choice.pick(["", "", "", " ", "\r"])}\n`;
  }

  #record(fields: readonly FieldType[]): string {
    const members = fields
      .filter((field) => !field.type.nullable || this.#choice.chance(0.8))
      .filter(() => this.#choice.chance(0.99))
      .map((field) => [field.name, this.value(field.type)] as const);
    if (this.#choice.chance(0.2))
      members.splice(this.#choice.below(members.length + 1), 0, this.#unknown());
    if (this.#choice.chance(0.1)) members.sort(() => this.#choice.next() - 0.5);
    if (this.#choice.chance(0.03) && members.length > 0) members.push(this.#choice.pick(members));
    const [colon, comma] = this.#choice.pick([
      [":", ","],
      [":", ","],
      [": ", ", "],
      [" :\t", "\r , "],
    ]);
    return `{${members.map(([name, value]) => this.#name(name) + colon! + value).join(comma)}}`;
  }

  #name(name: string): string {
    const text = JSON.stringify(name);
    return this.#choice.chance(0.01) ? text.replace(/[a-z]/, "\\u0061") : text;
  }

  #unknown(): readonly [string, string] {
    return [this.#choice.pick(["x", "unknown", "é", "__proto__", "ide", "i"]), this.#any(3)];
  }

  /** The JSON text of a value of the type, most times. */
  value(type: DataType): string {
    if (this.#choice.chance(0.02)) return this.#any(2);
    if (type.nullable && this.#choice.chance(0.15)) return "null";
    switch (type.kind) {
      case "boolean":
        return this.#choice.pick(["true", "false"]);
      case "utf8":
      case "json":
        return this.#text();
      case "enum":
        return JSON.stringify(this.#choice.pick(type.values));
      case "timestamp":
        if (this.#choice.chance(0.05)) return `"${this.#integer()}"`;
        return this.#choice.chance(0.3) ? this.#integer() : `"${this.#time()}"`;
      case "date":
        return `"${this.#time().slice(0, 10)}"`;
      case "decimal":
        return this.#choice.chance(0.8)
          ? this.#choice.pick(['"12.50"', "12.5", "-7"])
          : this.#choice.pick(decimals);
      case "binary":
        return this.#choice.chance(0.8) ? '"AAECAw=="' : this.#choice.pick(base64Texts);
      case "list":
        return `[${Array.from({ length: this.#choice.below(4) }, () => this.value(type.item)).join()}]`;
      case "row":
        return this.#record(type.fields);
      case "map": {
        const keys = Array.from({ length: this.#choice.below(5) }, () =>
          this.#choice.pick(keyTexts),
        );
        return `{${keys.map((key) => `"${key}": ${this.value(type.value)}`).join()} }`;
      }
      case "float32":
      case "float64":
        return this.#number();
      default:
        return this.#choice.chance(0.7) ? String(this.#choice.below(128)) : this.#integer();
    }
  }

  #integer(): string {
    const digits = String(Math.floor(this.#choice.next() * 10 ** this.#choice.below(19)));
    return this.#choice.chance(0.2) ? `-${digits}` : digits;
  }

  #number(): string {
    if (this.#choice.chance(0.5))
      return String(this.#choice.next() * 10 ** (this.#choice.below(30) - 10));
    return this.#choice.pick(numbers);
  }

  #time(): string {
    const year = this.#choice.chance(0.9)
      ? this.#choice.pick(["1999", "2024", "0000"])
      : this.#choice.pick(years);
    const date = `${year}-0${1 + this.#choice.below(9)}-${this.#choice.pick(["01", "29", "31"])}`;
    return date + (this.#choice.chance(0.5) ? "T04:05:06.789Z" : this.#choice.pick(times));
  }

  #text(): string {
    let text = "";
    for (let parts = this.#choice.below(6); parts > 0; parts--)
      text += this.#choice.pick(textParts);
    return `"${text}"`;
  }

  #any(depth: number): string {
    const kind = this.#choice.below(depth > 0 ? 9 : 6);
    if (kind < 2) return this.#text();
    if (kind < 4) return this.#number();
    if (kind === 4) return this.#integer();
    if (kind === 5) return this.#choice.pick(tokens);
    const items = Array.from({ length: this.#choice.below(4) }, () => this.#any(depth - 1));
    if (kind === 6) return `[ ${items.join(" ,")}]`;
    return `{${items.map((item) => `${this.#text()} : ${item}`).join()}}`;
  }
}

const numbers = [
  ..."0|-0|0.0|-0.0|01|-|-01|1.|.5|+1|1e5|1E+5|1e-5|1e|1e+|1e400|-1e400|1e-400|0e0|5e-324".split(
    "|",
  ),
  ..."123456789012345|1234567890123456|12345678901234567890|9007199254740993|0.1|0.3".split("|"),
  ..."1.7976931348623157e308|0.000001|123.456|2147483648|-2147483649|1.0|100e-2|NaN".split("|"),
];
const noise = [...Buffer.from('"\\{}[]:,0.eE-+ \t\n\u0001tnu/\uFEFF')];
const years = "+002024|-000001|+275760|-271821|+999999|-0001|+02024|24|9999".split("|");
const times = [
  ..."T04:05:06Z|T04:05:06.789Z|T24:00:00Z|T04:05:06.7Z|T04:05:06.123456789Z|T04:05:06.1234567890Z|T04:05:06+02:00Z|T04:05".split(
    "|",
  ),
  ..."T04:05:06.1|T04:05:06.12z|T04:05:06.|T04:05:06,5Z|T4:05:06|T040506Z|T04:05:06+14:00".split(
    "|",
  ),
  ..."T04:05:06-00:00|T04:05:06+24:00|T04:05:06+0260|T04:05:06+02|T04:05:60Z|T23:59:59.999999999-23:59".split(
    "|",
  ),
  ..."T04:05:06+02:00|T04:05:06.789-0230| 04:05:06|T04:60:06Z|T0a:05:06Z|||t04:05:06z".split("|"),
];
const textParts = [
  ..."a|ab|abc|abcd|é|€|😀|\u2028|\uFEFF|x{}[]:,|plain text of some length| ".split("|"),
  ...'\\n|\\\\|\\"|\\/|\\b\\f\\r\\t|\\u0041|\\u00e9|\\ud83d\\ude00|\\ud83d|\\udc00x'.split("|"),
  ..."\\u0000|\\ud83d\\ue000|\\ud83d\\ud83d\\ude00|abcdefghijklmnopqrstuvwxyz0123456789|\\uD83D\\u0041".split(
    "|",
  ),
];
const base64Texts = [
  ...'""|"AAEC"|"/w=="|"A"|"AA"|"AA="|"AAA="|"AAE="|"A==="|"="|"AAECAwQFBgc+/w=="|"AA==AA=="'.split(
    "|",
  ),
  ...'"AA E"|"AA-_"|"AAE\\/"|"AAA=="|"\\u0041AAA"|"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"'.split(
    "|",
  ),
];
const decimals = [
  ...'"12.50"|12.5|"-0.01"|1e2|"1e2"|99999|"+1"|"0012.5"|0012|"."|"1."|".5"|-0|"-0"|"12.345"|12.340'.split(
    "|",
  ),
  ...'"12.3400000000000000000"|1234567890123456|"9999.99"|9999.99|10000|"123456789012345678"|"-9999.99"'.split(
    "|",
  ),
  ...'""|"1,5"|-|"--1"|12.5.1|"12.5.1"|" 1"|1.50E0'.split("|"),
];
const keyTexts =
  "a|é|ab|key of some length|1|10|01|__proto__|constructor||\\ud800|\\ud801|\\u0061|b".split("|");
const tokens = [
  ...'true|false|null|tru|nulls|fals|True|undefined|"|"a|\\|"\\x"|"\\u12G4"|"\\u12"|'.split("|"),
  ...'{|[|[1,]|{"a":1,}|{"a"}|{,}|[,]|[[[[]]]]|{"a":{"b":[{}]}}|"\t"|"\u0001"|1 2|]'.split("|"),
  `${"[".repeat(70)}1${"]".repeat(70)}`,
  `${"[".repeat(70)}1${"]".repeat(69)}`,
  `${"[".repeat(60)}{"a":"b"}${"]".repeat(60)}`,
];
