import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "oxc-parser";

const catalogueDirectory = fileURLToPath(
  new URL("../../packages/core/src/errors/catalogue", import.meta.url),
);

/**
 * Values for the examples, by the parameter's name. Others are their own name in angle brackets.
 */
const samples = {
  path: "data/flights.parquet",
  file: "data/flights.parquet",
  format: "parquet",
  pipeline: "delays",
  operatorId: "hourly_delays",
  task: "delays/0/3",
  step: "where-2",
  id: "hourly_delays",
  column: "delayMinutes",
  field: "delayMinutes",
  columns: ["departedAt", "origin", "delay"],
  expected: "float64",
  actual: "utf8",
  value: "12,5",
  topic: "delays.hourly",
  subject: "delays-value",
  schemaId: 42,
  status: 401,
  key: '"BER"',
  writerId: "delays/0/3",
  group: "delays",
  sink: "warehouse",
  source: "flights",
  table: "hourly_delays",
  connector: "duckdb",
  package: "@duckdb/node-api",
  expression: "add(distance, delay)",
  known: ["files", "duckdb"],
  name: "threshold",
  code: "FILE_NOT_FUND",
  nearest: "FILE_NOT_FOUND",
};

/** The sample of one parameter by its name and TypeScript type. */
function sampleOf(name, type) {
  if (Object.hasOwn(samples, name)) return samples[name];
  if (type === "number") return 3;
  if (type.includes("[]")) return [`<${name}>`];
  const literal = /^"([^"]*)"/.exec(type);
  return literal === null ? `<${name}>` : literal[1];
}

/**
 * The parameters that each code's message takes, filled in: `{ FILE_NOT_FOUND: { path: "…" } }`.
 */
export function sampleParams() {
  const byCode = {};
  for (const file of readdirSync(catalogueDirectory)) {
    const text = readFileSync(`${catalogueDirectory}/${file}`, "utf8");
    const visitor = new Visitor({
      TSPropertySignature(node) {
        const type = node.typeAnnotation?.typeAnnotation;
        if (type?.type !== "TSTypeReference" || type.typeName.name !== "ErrorSpec") return;
        const members = type.typeArguments?.params[0]?.members ?? [];
        byCode[node.key.name] = Object.fromEntries(
          members.map(({ key, typeAnnotation: { typeAnnotation: t } }) => [
            key.name,
            sampleOf(key.name, text.slice(t.start, t.end).replace(/^readonly /, "")),
          ]),
        );
      },
    });
    visitor.visit(parseSync(file, text).program);
  }
  return byCode;
}
