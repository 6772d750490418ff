import { catalogue, type ErrorCode, millraceError } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment } from "../environment.ts";

/** `pipe explain-error CODE`: what a code means and what to do. */
export function addExplainErrorCommand(program: Command, environment: CliEnvironment): void {
  program
    .command("explain-error")
    .description("explain an error code")
    .argument("<code>", "such as PLAN_COLUMN_UNKNOWN")
    .action((text: string) => {
      const code = text.toUpperCase();
      if (!isErrorCode(code)) {
        throw millraceError("ERROR_CODE_UNKNOWN", { code, nearest: nearestCode(code) });
      }
      const { domain, retry, exitCode, hint } = catalogue[code];
      environment.stdout(
        [
          code,
          `  who acts    ${actors[domain]}`,
          `  retry       ${retry === "backoff" ? "may help, after a while" : "never helps by itself"}`,
          `  exit code   ${exitCode}`,
          `  what to do  ${hint}`,
          `  page        docs/errors/${code}.md of the repository`,
          "",
        ].join("\n"),
      );
    });
}

const actors = {
  user: "you: the pipeline, its settings or its data",
  external: "a system outside Millrace",
  internal: "Millrace itself",
} as const;

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code);
}

/** The code with the most words in common. */
function nearestCode(code: string): string {
  const words = new Set(code.split("_"));
  const shared = (candidate: string): number =>
    candidate.split("_").filter((word) => words.has(word)).length;
  return Object.keys(catalogue).reduce((best, candidate) =>
    shared(candidate) > shared(best) ? candidate : best,
  );
}
