import { millraceError, type RowSchema } from "@millrace/core";
import {
  type FieldPlan,
  isMessage,
  isTimestamp,
  isDuration,
  isEnum,
  messagePlan,
  standsInList,
  standsInMap,
  typeNameOf,
  wireSized,
} from "../field-plan.ts";
import type { ProtobufFields } from "../options.ts";

const nameForm = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The text of a Protobuf schema, of syntax 3, whose only message at the top holds a row type.
 *
 * @param name full name of the message: `shop.Order`
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when a column or an enum's value is no name in
 *   Protobuf
 */
export function protobufSchemaOf(rowType: RowSchema, fields: ProtobufFields, name = "Row"): string {
  const plan = messagePlan(rowType.fields, fields);
  const dot = name.lastIndexOf(".");
  const files = new Set<string>();
  const body = messageText(name.slice(dot + 1), plan.fields, "", files);
  return [
    'syntax = "proto3";',
    ...(dot < 0 ? [] : [`package ${name.slice(0, dot)};`]),
    ...[...files].toSorted().map((file) => `import "google/protobuf/${file}.proto";`),
    ...body,
    "",
  ].join("\n");
}

function messageText(
  name: string,
  fields: readonly FieldPlan[],
  path: string,
  files: Set<string>,
): string[] {
  const enums = new EnumTexts();
  const inner = fields.flatMap((plan) => {
    const { field, form } = plan;
    checkName(field.name, path + field.name);
    if (form === isTimestamp) files.add("timestamp");
    if (form === isDuration) files.add("duration");
    if (form === isEnum) {
      const { type, lines } = enums.of(plan);
      return [...lines, fieldText(plan, type)];
    }
    if (form !== isMessage) return [fieldText(plan, typeNameOf(form))];
    const type = innerName(field.name);
    const lines = messageText(type, plan.message.fields, `${plan.path}.`, files);
    return [...lines, fieldText(plan, type)];
  });
  return [`message ${name} {`, ...inner.map((line) => `  ${line}`), "}"];
}

function fieldText({ field, number, stands, wire, isPacked }: FieldPlan, type: string): string {
  if (stands === standsInMap) return `map<string, ${type}> ${field.name} = ${number};`;
  if (stands === standsInList) {
    const packing = wire !== wireSized && !isPacked ? " [packed = false]" : "";
    return `repeated ${type} ${field.name} = ${number}${packing};`;
  }
  return `${field.type.nullable ? "optional " : ""}${type} ${field.name} = ${number};`;
}

function innerName(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Type`;
}

/** The enums of one message. Their values' names are the message's: two enums cannot share one. */
class EnumTexts {
  readonly #types: Map<string, string> = new Map();
  readonly #taken: Set<string> = new Set();

  /** The enum of a field: its name, and its declaration where it has not been declared yet. */
  of({ field, path, symbols }: FieldPlan): { readonly type: string; readonly lines: string[] } {
    const values = [...symbols].map(([number, symbol]) => ({
      number,
      name: Buffer.from(symbol).toString(),
    }));
    const key = JSON.stringify(values);
    const known = this.#types.get(key);
    if (known !== undefined) return { type: known, lines: [] };
    for (const { name } of values) {
      checkName(name, path);
      if (this.#taken.has(name)) {
        throw mismatch(path, `another enum beside it has the value ${JSON.stringify(name)}, too`);
      }
      this.#taken.add(name);
    }
    const type = innerName(field.name);
    this.#types.set(key, type);
    // The first value of an enum has the number 0.
    const zero = values.find(({ number }) => number === 0);
    const first = zero ?? { number: 0, name: `${field.name}_unspecified` };
    const others = values.filter((value) => value !== zero);
    const lines = [first, ...others].map((value) => `  ${value.name} = ${value.number};`);
    return { type, lines: [`enum ${type} {`, ...lines, "}"] };
  }
}

function checkName(name: string, field: string): void {
  if (!nameForm.test(name)) {
    throw mismatch(field, `${JSON.stringify(name)} is no name in Protobuf`);
  }
}

function mismatch(field: string, problem: string): Error {
  return millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Protobuf", field, problem });
}
