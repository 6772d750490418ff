import { columnsOfAll } from "./columns-of-all.ts";
import { describeColumns } from "./describe-columns.ts";
import { keepFields } from "./keep-fields.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Computes only the columns that someone reads. */
export const projectStep: Step<"project"> = {
  describe: (node) => `${node.verb} ${describeColumns(node.columns)}`,
  columnsRead: (node, { wanted }) =>
    columnsOfAll(node.columns.filter((c) => wanted.has(c.name)).map((c) => c.expression)),
  prune: (node, { required }) => ({
    ...node,
    columns: node.columns.filter((column) => required.has(column.name)),
    schema: keepFields(node.schema, required),
  }),
  mapExpressions: (node, change) => ({ ...node, columns: mapNamed(node.columns, change) }),
};
