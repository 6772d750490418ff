import { existsSync, readdirSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWithKafka } from "../../../dev/services/describe.mjs";
import {
  comparable,
  followDocument,
  readFences,
  showsOutput,
} from "../../../dev/follow-document.mjs";
import { buildPackages, root, startProcess, Workspace } from "./cli/workspace.ts";

let workspace: Workspace;

beforeAll(buildPackages, 120_000);

beforeEach(async () => {
  workspace = await Workspace.make();
  await symlink(join(root, "examples"), workspace.path("examples"));
});

afterEach(() => workspace.remove());

const guide = join(root, "docs", "guide");
const pages = [
  ...readdirSync(guide).map((name) => join("docs/guide", name)),
  "examples/card-fraud/README.md",
  "examples/hourly-orders/README.md",
  "examples/sensor-alerts/README.md",
].toSorted();

/** Checks the types of what a page wrote, as README.md's settings say. */
async function checkTypes(): Promise<void> {
  const files = (await workspace.names()).filter((name) => name.endsWith(".ts"));
  if (files.length === 0) return;
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const settings = readFences(readme).find(({ name }) => name === "tsconfig.json");
  await workspace.write("tsconfig.json", settings?.text ?? "");
  const words = [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "."];
  const { code, stdout } = await startProcess(words, workspace.directory).ended;
  expect(`${code} ${stdout}`).toBe("0 ");
}

const onKafka = "docs/guide/kafka.md";

test.each(pages.filter((page) => page !== onKafka))(
  "%s shows what its commands print",
  async (page) => {
    const markdown = readFileSync(join(root, page), "utf8");
    await followDocument(markdown, { directory: workspace.directory });
    await checkTypes();
  },
  60_000,
);

describeWithKafka(onKafka, (kafka) => {
  test("shows what its commands print", async () => {
    const markdown = readFileSync(join(root, onKafka), "utf8");
    const replace = (script: string): string => {
      return script.replaceAll("127.0.0.1:19092", kafka.brokers.join());
    };
    await followDocument(markdown, { directory: workspace.directory, replace });
    await checkTypes();
  }, 120_000);
});

test.each(["README.md", ...pages])("%s links to files that exist", (page) => {
  const markdown = readFileSync(join(root, page), "utf8");
  const links = [...markdown.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? "");
  expect(links.filter((link) => !existsSync(join(root, page, "..", link)))).toEqual([]);
});

test("a shown output may leave out lines, but not change or end them", () => {
  expect(showsOutput("a\n…\nd", "a\nb\nc\nd")).toBe(true);
  expect(showsOutput("…\nd", "a\nd")).toBe(true);
  expect(showsOutput("a\nb", "a\nb\nc")).toBe(false);
  expect(showsOutput("a\n…\ne", "a\nb")).toBe(false);
});

test("lines of progress are not compared", () => {
  const progress = "50 % · 1,234 rows · 99 rows/s · watermark x\n6 of 1,200 seeds";
  const printed = `a\n${progress}\nread 12 rows, 3 rows/s`;
  expect(comparable(printed, root)).toBe("a\nread 12 rows, 0 rows/s");
});

test("a fence says its language and file", () => {
  expect(readFences("text\n\n```ts pipeline.ts\nexport {};\n```\n")).toEqual([
    { language: "ts", name: "pipeline.ts", text: "export {};\n", line: 3 },
  ]);
});
