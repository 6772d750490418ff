import type { SchemaSource } from "./environment.ts";

/** The files that `pipe init` writes, by name. The pipeline needs no driver. */
export function starterFiles(name: string, version: string): [name: string, text: string][] {
  return [
    ["package.json", packageJson(name, version)],
    ["pipeline.ts", pipelineText],
    ["orders.csv", ordersText()],
    [".gitignore", "node_modules/\n.millrace/\n"],
  ];
}

/** The files of a pipeline that reads a topic with the row type of a schema. */
export function schemaStarterFiles(
  name: string,
  version: string,
  source: SchemaSource,
): [name: string, text: string][] {
  return [
    ["package.json", packageJson(name, version)],
    ["row-type.ts", `import { t } from "millrace";\n\n${source.rowType}`],
    ["pipeline.ts", schemaPipelineText(source)],
    [".gitignore", "node_modules/\n.millrace/\n"],
  ];
}

function schemaPipelineText({ topic, name, format, descriptor }: SchemaSource): string {
  return `import { pipeline } from "millrace";
import { consoleTable } from "millrace/console";
import { ${format}, topic } from "millrace/log";
import { ${name} } from "./row-type.ts";

const format = ${descriptor};

export default pipeline("print", (p) => {
  p.source("records", topic(${JSON.stringify(topic)}, format, { until: "end" })).sink(
    "table",
    consoleTable(),
  );
});
`;
}

function packageJson(name: string, version: string): string {
  const content = {
    name: packageName(name),
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: { start: "pipe run pipeline.ts" },
    dependencies: { millrace: `^${version}` },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** A name that npm accepts, as near to the directory's as can be. */
function packageName(directory: string): string {
  const name = directory.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return name.replaceAll(/^-|-$/g, "") || "pipeline";
}

const pipelineText = `import { count, hours, mean, minutes, pipeline, t, tumbling } from "millrace";
import { consoleTable } from "millrace/console";
import { csv } from "millrace/files";

const Order = t.row({
  placedAt: t.timestamp(),
  shop: t.utf8(),
  amount: t.float64(),
});

export default pipeline("orders", (p) => {
  p.source("orders", csv("orders.csv", Order), {
    eventTime: (order) => order.placedAt,
    outOfOrderness: minutes(5),
  })
    .where((order) => order.amount.gt(0))
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (order) => ({ orders: count(), meanAmount: mean(order.amount) }))
    .sink("table", consoleTable());
});
`;

function ordersText(): string {
  const shops = ["Bern", "Oslo"];
  const rows = Array.from({ length: 24 }, (_, index) => {
    const minute = index * 15;
    const hour = String(Math.floor(minute / 60)).padStart(2, "0");
    const time = `2026-01-01T${hour}:${String(minute % 60).padStart(2, "0")}:00Z`;
    return `${time},${shops[index % 2]},${10 + ((index * 7) % 23)}`;
  });
  return `${["placedAt,shop,amount", ...rows].join("\n")}\n`;
}
