import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of schema registries. Addresses are printed without what may be secret in them. */
export const registryErrors: {
  REGISTRY_UNREACHABLE: ErrorSpec<{ url: string; problem: string }>;
  REGISTRY_REFUSED: ErrorSpec<{ url: string; status: number; problem: string }>;
  REGISTRY_SUBJECT_UNKNOWN: ErrorSpec<{ url: string; subject: string }>;
  REGISTRY_INCOMPATIBLE: ErrorSpec<{ subject: string; problem: string }>;
} = {
  REGISTRY_UNREACHABLE: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 3,
    message: (p) => `The schema registry gives no answer at ${p.url}: ${p.problem}.`,
    hint: "Check the address and whether the registry runs; a run that is started again continues.",
  }),
  REGISTRY_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The schema registry refused ${p.url} with status ${p.status}: ${p.problem}.`,
    hint: "Check the address's path, the user's rights, and the schema.",
  }),
  REGISTRY_SUBJECT_UNKNOWN: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `The schema registry at ${p.url} has no subject ${quote(p.subject)}.`,
    hint: "A topic's values usually have the subject <topic>-value.",
  }),
  REGISTRY_INCOMPATIBLE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `The row type's schema is not compatible with the subject ${quote(p.subject)}: ${p.problem}.`,
    hint: "Keep old columns, make new ones nullable, or write to another subject.",
  }),
};
