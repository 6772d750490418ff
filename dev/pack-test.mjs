// Packs all packages and does what README.md says in an empty folder: `node dev/pack-test.mjs`.
//
// P1. Nothing is taken from this repository but the packed packages and the words of README.md.
// P2. Types of the packages resolve for a user: a wrong column is an error, a right one is not.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followDocument } from "./follow-document.mjs";
import { root, secondsSince } from "./run.mjs";

/** Type errors that must be there: an expected error that is missing is one itself. */
const typeTest = `import { count, hours, type InferRow, instant, mean, pipeline, t, tumbling } from "millrace";
import { consoleTable } from "millrace/console";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";

const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8(), amount: t.float64().nullable() });
const order: InferRow<typeof Order> = { placedAt: instant(0), shop: "Bern", amount: null };
// @ts-expect-error A shop is text.
const wrongOrder: InferRow<typeof Order> = { ...order, shop: 5 };

export default pipeline("types", (p) => {
  const hourly = p
    .source("orders", ndjson("orders.ndjson", Order), { eventTime: (row) => row.placedAt })
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (row) => ({ orders: count(), meanAmount: mean(row.amount) }));
  hourly.where((hour) => hour.meanAmount.gt(5)).sink("table", consoleTable());
  // @ts-expect-error There is no such column.
  hourly.where((hour) => hour.meanDelay.gt(5));
  // @ts-expect-error A number is not compared with text.
  hourly.where((hour) => hour.orders.gt("five"));
  // @ts-expect-error The mean of nothing but nulls is null.
  hourly.filter((hour) => hour.meanAmount.toFixed(2) === "5.00");
  // @ts-expect-error A window needs a key.
  p.source("again", ndjson("orders.ndjson", Order)).window(tumbling(hours(1)));
  hourly.sink("store", duckdb({ table: wrongOrder.shop }));
});
`;

async function step(name, action) {
  const start = performance.now();
  await action();
  process.stdout.write(`ok    ${name} (${secondsSince(start)})\n`);
}

/** README's section about the first pipeline: the first commands run here, the others elsewhere. */
function readSection() {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const section = readme.split("## The first pipeline\n")[1].split("\n## ")[0];
  const cut = section.indexOf("and install them in an empty folder");
  if (cut === -1) throw new Error("README.md: the first pipeline's install step was not found");
  return { packing: section.slice(0, cut), using: section.slice(cut) };
}

async function main(directory) {
  const packages = join(directory, "packages");
  const folder = join(directory, "first-pipeline");
  mkdirSync(packages);
  mkdirSync(folder);
  const replace = (script) => script.replaceAll("~/millrace-packages", packages);
  const { packing, using } = readSection();
  await step("packs as README.md says", () =>
    followDocument(packing, {
      directory: packages,
      replace: (script) => `cd "${root}"\n${replace(script)}`,
    }),
  );
  await step("installs and runs as README.md says", () =>
    followDocument(using, { directory: folder, replace }),
  );
  const { version } = JSON.parse(
    readFileSync(join(root, "node_modules/typescript/package.json"), "utf8"),
  );
  await step("types resolve for a user", async () => {
    writeFileSync(join(folder, "types.ts"), typeTest);
    const script = `npm i typescript@${version}\nnpx tsc --noEmit`;
    await followDocument(`\`\`\`sh\n${script}\n\`\`\`\n`, { directory: folder });
  });
}

const directory = mkdtempSync(join(tmpdir(), "millrace-pack-"));
try {
  await main(directory);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
