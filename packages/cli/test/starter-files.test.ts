import { expect, test } from "vitest";
import { starterFiles } from "../src/starter-files.ts";

const files = new Map(starterFiles("My Shop!", "1.2.3"));

test("there are a package, a pipeline, its data and what not to commit", () => {
  expect([...files.keys()]).toEqual(["package.json", "pipeline.ts", "orders.csv", ".gitignore"]);
  expect(files.get(".gitignore")).toBe("node_modules/\n.millrace/\n");
});

test("the package has a name that npm accepts and depends on this release", () => {
  expect(JSON.parse(files.get("package.json") ?? "")).toMatchObject({
    name: "my-shop",
    type: "module",
    dependencies: { millrace: "^1.2.3" },
  });
});

test("a name of other letters alone still gives a name", () => {
  const text = new Map(starterFiles("…", "1.2.3")).get("package.json") ?? "";
  expect(JSON.parse(text)).toMatchObject({ name: "pipeline" });
});

test("the data has the pipeline's columns and 24 orders of two shops", () => {
  const [head, ...lines] = (files.get("orders.csv") ?? "").trimEnd().split("\n");
  expect(head).toBe("placedAt,shop,amount");
  expect(lines).toHaveLength(24);
  expect(new Set(lines.map((line) => line.split(",")[1]))).toEqual(new Set(["Bern", "Oslo"]));
});
