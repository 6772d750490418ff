import { type MillraceError, millraceError } from "@millrace/core";

/** Why a type does not fit. A value and no exception: of a union, another branch may fit. */
export class Mismatch {
  readonly field: string;
  readonly problem: string;

  constructor(field: string, problem: string) {
    this.field = field;
    this.problem = problem;
  }

  error(): MillraceError {
    const { field, problem } = this;
    return millraceError("FORMAT_SCHEMA_MISMATCH", { format: "Avro", field, problem });
  }
}
