import type { Step } from "./step.ts";

/** Rows of a side output; a process step has laid down its columns. */
export const sideStep: Step<"side"> = {
  describe: (node) => `side ${node.name}`,
};
