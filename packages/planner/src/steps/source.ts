import { formatDataType, millraceError } from "@millrace/core";
import { describeSkipping } from "./describe-skipping.ts";
import { keepFields } from "./keep-fields.ts";
import type { Step } from "./step.ts";

/** Decodes only the columns that someone reads; its event time is an expression over them. */
export const sourceStep: Step<"source"> = {
  describe: (node) => `source ${node.connector}${describeSkipping(node.skipping)}`,
  check(node) {
    const type = node.eventTime?.type;
    if (type === undefined || type.kind === "timestamp") return [];
    const actual = formatDataType(type);
    return [millraceError("PLAN_EVENT_TIME_INVALID", { source: node.id, actual })];
  },
  prune: (node, { required }) => ({
    ...node,
    rowSchema: node.rowSchema ?? node.schema,
    schema: keepFields(node.schema, required),
  }),
  mapExpressions: (node, change) =>
    node.eventTime === undefined ? node : { ...node, eventTime: change(node.eventTime) },
};
