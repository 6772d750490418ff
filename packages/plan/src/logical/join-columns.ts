import { columnsOf } from "../expression/expression.ts";
import type { NamedExpression } from "../expression/expression.ts";

/** Which input of a join. */
export type JoinSideName = "left" | "right";

/** Sides in the order of a join's inputs. */
export const joinSides: readonly JoinSideName[] = ["left", "right"];

/** What a side's columns are called in a join's expressions: `left.price`. */
export function joinColumn(side: JoinSideName, name: string): string {
  return `${side}.${name}`;
}

/** Names, as the side knows them, of its columns that expressions read. */
export function joinColumnsOf(
  side: JoinSideName,
  columns: readonly NamedExpression[],
): ReadonlySet<string> {
  const read = new Set<string>();
  for (const { expression } of columns) columnsOf(expression, read);
  const prefix = joinColumn(side, "");
  const own = [...read].filter((name) => name.startsWith(prefix));
  return new Set(own.map((name) => name.slice(prefix.length)));
}
