import { expect, test } from "vitest";
import { catalogue } from "../../src/errors/catalogue/index.ts";
import { connectorErrors } from "../../src/errors/catalogue/connector.ts";
import { environmentErrors } from "../../src/errors/catalogue/environment.ts";
import { expressionErrors } from "../../src/errors/catalogue/expression.ts";
import { formatErrors } from "../../src/errors/catalogue/format.ts";
import { kafkaErrors } from "../../src/errors/catalogue/kafka.ts";
import { logErrors } from "../../src/errors/catalogue/log.ts";
import { planErrors } from "../../src/errors/catalogue/plan.ts";
import { postgresErrors } from "../../src/errors/catalogue/postgres.ts";
import { recordErrors } from "../../src/errors/catalogue/record.ts";
import { registryErrors } from "../../src/errors/catalogue/registry.ts";
import { runErrors } from "../../src/errors/catalogue/run.ts";

const areas = [
  connectorErrors,
  environmentErrors,
  expressionErrors,
  formatErrors,
  kafkaErrors,
  logErrors,
  planErrors,
  postgresErrors,
  recordErrors,
  registryErrors,
  runErrors,
];

test("every code is in one area only", () => {
  const codes = areas.flatMap((area) => Object.keys(area));
  expect([...new Set(codes)].sort()).toEqual(codes.sort());
  expect(Object.keys(catalogue).sort()).toEqual(codes);
});

test.each(Object.entries(catalogue))("%s is a whole entry", (code, spec) => {
  expect(code).toMatch(/^[A-Z0-9]+(_[A-Z0-9]+)+$/);
  expect(["user", "external", "internal"]).toContain(spec.domain);
  expect(["never", "backoff"]).toContain(spec.retry);
  expect([1, 2, 3]).toContain(spec.exitCode);
  expect(spec.hint).toMatch(/^[^ ].*[.)!]$/);
});

test("what may succeed later is not the user's to change", () => {
  const entries = Object.entries(catalogue).filter(([, spec]) => spec.retry === "backoff");
  expect(entries.filter(([, spec]) => spec.domain === "user")).toEqual([]);
});
