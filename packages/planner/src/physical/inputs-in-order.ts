import type { StageInput, StageOperator, StagePort } from "@millrace/plan";

/**
 * The inputs of a stage, each with those that must have ended before it is read: the tables that
 * its rows look up.
 */
export function inputsInOrder(
  inputs: readonly StageInput[],
  operators: readonly StageOperator[],
): StageInput[] {
  /** Inputs whose rows come out of a port. Rows of a table end in the lookup. */
  const sourcesOf = (port: StagePort | undefined): number[] => {
    if (port === undefined) return [];
    if (port.from === "input") return [port.index];
    const operator = operators[port.index];
    const ports = operator?.spec.kind === "lookupTable" ? [operator.inputs[0]] : operator?.inputs;
    return (ports ?? []).flatMap(sourcesOf);
  };
  const after = inputs.map(() => new Set<number>());
  for (const { spec, inputs: ports } of operators) {
    if (spec.kind !== "lookupTable") continue;
    const [rows, table] = ports;
    const tables = sourcesOf(table);
    for (const input of sourcesOf(rows)) for (const index of tables) after[input]?.add(index);
  }
  return inputs.map((input, index) => {
    const before = [...(after[index] ?? [])];
    return before.length === 0 ? input : { ...input, after: before };
  });
}
