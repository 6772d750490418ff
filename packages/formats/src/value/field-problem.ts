import {
  type DataType,
  type ErrorCode,
  formatDataType,
  isMillraceError,
  type MillraceError,
  millraceError,
} from "@millrace/core";

/** Why a value does not fit its column. A value, not an exception: bad data is ordinary. */
export class FieldProblem {
  readonly error: MillraceError;

  constructor(error: MillraceError) {
    this.error = error;
  }

  get code(): ErrorCode {
    return this.error.code;
  }

  /** The path of the member that does not fit; undefined when the whole record is at fault. */
  get field(): string | undefined {
    return (this.error.params as { readonly field?: string }).field;
  }
}

/** The value is not of the column's type, or out of its range. */
export function wrongType(field: string, type: DataType, value: unknown): FieldProblem {
  const expected = formatDataType({ ...type, nullable: false });
  const printed = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return new FieldProblem(millraceError("RECORD_FIELD_TYPE", { field, expected, value: printed }));
}

/** The column is not nullable and its value is null. */
export function nullField(field: string): FieldProblem {
  return new FieldProblem(millraceError("RECORD_FIELD_NULL", { field }));
}

/** The column is not nullable and the record has no such member. */
export function missingField(field: string): FieldProblem {
  return new FieldProblem(millraceError("RECORD_FIELD_MISSING", { field }));
}

/** What `make` gives, or the error of the catalogue that it throws. */
export function orProblem<Made>(make: () => Made): Made | FieldProblem {
  try {
    return make();
  } catch (error) {
    if (isMillraceError(error)) return new FieldProblem(error);
    throw error;
  }
}

/** The record is not in the format at all. */
export function malformed(format: string, problem: string): FieldProblem {
  return new FieldProblem(millraceError("RECORD_MALFORMED", { format, problem }));
}
