import { type DecoderOptions, type FieldType, findField, millraceError } from "@millrace/core";
import { assert } from "@millrace/core";
import { FieldProblem } from "./field-problem.ts";

/** Checks a plain value by the schemas given to `.validate`; null is not checked. */
export type ColumnCheck = (value: unknown) => FieldProblem | undefined;

/** The fields of `options.columns`, in that order. */
export function selectedFields(options: DecoderOptions): FieldType[] {
  return options.columns.map((name) => {
    const field = findField(options.schema, name);
    assert(field !== undefined, "every column to decode is in the row type");
    return field as FieldType;
  });
}

/** The check of each field that has one; undefined for the others. */
export function columnChecks(
  format: string,
  fields: readonly FieldType[],
  validators: DecoderOptions["validators"],
): (ColumnCheck | undefined)[] {
  return fields.map(({ name }) => {
    const schemas = validators.get(name);
    if (schemas === undefined || schemas.length === 0) return undefined;
    return (value) => {
      if (value === null) return undefined;
      for (const schema of schemas) {
        const result = schema["~standard"].validate(value);
        if (result instanceof Promise) throw asynchronousCheck(format, name);
        if (result.issues !== undefined) return refused(name, result.issues);
      }
      return undefined;
    };
  });
}

function asynchronousCheck(format: string, name: string): Error {
  const problem = `the check of column ${JSON.stringify(name)} is asynchronous`;
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: format, problem });
}

function refused(field: string, issues: readonly { readonly message: string }[]): FieldProblem {
  const problem = issues.map((issue) => issue.message).join("; ");
  return new FieldProblem(millraceError("RECORD_VALIDATION_FAILED", { field, problem }));
}
