import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of the place a command runs in. */
export const environmentErrors: {
  PIPELINE_FILE_NOT_FOUND: ErrorSpec<{ path: string }>;
  PIPELINE_FILE_INVALID: ErrorSpec<{ path: string; problem: string }>;
  PIPELINE_FILE_FAILED: ErrorSpec<{ path: string; problem: string }>;
  PIPELINE_NOT_SAVED: ErrorSpec<{ pipeline: string; path: string }>;
  COMMAND_LINE_INVALID: ErrorSpec<{ problem: string }>;
  DIRECTORY_NOT_EMPTY: ErrorSpec<{ path: string }>;
  ERROR_CODE_UNKNOWN: ErrorSpec<{ code: string; nearest: string }>;
  METRICS_NOT_SERVED: ErrorSpec<{ host: string; port: number; problem: string }>;
} = {
  PIPELINE_FILE_NOT_FOUND: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `There is no pipeline file ${quote(p.path)}.`,
    hint: "Give the path of a .ts or .js file that exports a pipeline by default.",
  }),
  PIPELINE_FILE_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `${quote(p.path)} is not a pipeline file: ${p.problem}.`,
    hint: 'Write: export default pipeline("name", (p) => { … }).',
  }),
  PIPELINE_FILE_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `Loading ${quote(p.path)} failed: ${p.problem}.`,
    hint: "The error comes from the pipeline file itself.",
  }),
  PIPELINE_NOT_SAVED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `${quote(p.path)} holds nothing of the pipeline ${quote(p.pipeline)}.`,
    hint: "pipe topics --log … lists what a log holds.",
  }),
  COMMAND_LINE_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The command line is not valid: ${p.problem}.`,
    hint: "pipe --help lists commands; pipe <command> --help lists flags.",
  }),
  DIRECTORY_NOT_EMPTY: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `${quote(p.path)} exists already.`,
    hint: "Choose another name, or remove it.",
  }),
  ERROR_CODE_UNKNOWN: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `There is no error code ${quote(p.code)}; the nearest is ${p.nearest}.`,
    hint: "docs/errors/ lists all codes.",
  }),
  METRICS_NOT_SERVED: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 3,
    message: (p) => `Metrics cannot be served on ${p.host} port ${p.port}: ${p.problem}.`,
    hint: "Choose another --metrics-port, or 0 for a free one; --metrics-host is an address of this machine.",
  }),
};
