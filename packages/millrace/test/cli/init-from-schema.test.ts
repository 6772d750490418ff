import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithRegistry } from "../../../../dev/services/describe.mjs";
import { buildPackages, Workspace } from "./workspace.ts";

let workspace: Workspace;
beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
}, 120_000);
afterAll(() => workspace.remove());

const schemas = {
  "orders.avsc":
    '{"type":"record","name":"shop.Order","fields":[{"name":"shop","type":["null","string"]}]}',
  "orders.proto": 'syntax = "proto3"; message Order { optional string shop = 3; }',
  "orders.json": '{"title":"order","properties":{"shop":{"type":"string"}}}',
};

test.each(Object.entries(schemas))("init makes a row type of %s", async (name, text) => {
  const directory = `from-${name.replace(".", "-")}`;
  await workspace.write(name, text);
  expect(await workspace.pipe(["init", directory, "--from", name])).toMatchObject({ code: 0 });
  const checked = await workspace.pipe(["check", `${directory}/pipeline.ts`]);
  expect(checked).toMatchObject({ code: 0, stdout: "print: no problems in 2 steps\n" });
  const plan = await workspace.pipe(["explain", `${directory}/pipeline.ts`, "--format", "json"]);
  expect(plan.stdout).toContain('"topic": "orders"');
});

test.each([
  ["kafka://localhost/orders", "COMMAND_LINE_INVALID"],
  ["registry+orders", "COMMAND_LINE_INVALID"],
  ["nowhere.avsc", "FILE_NOT_FOUND"],
  ["registry+http://127.0.0.1:1/orders-value", "REGISTRY_UNREACHABLE"],
])("init makes nothing from %s: %s", async (from, code) => {
  const ended = await workspace.pipe(["init", "nothing", "--from", from]);
  expect(ended).toMatchObject({ code: 3, stdout: "" });
  expect(ended.stderr).toContain(code);
  expect(workspace.has("nothing")).toBe(false);
});

describeWithRegistry("init from a registry", (registry) => {
  test("makes a row type of a subject", async () => {
    const topic = `t-${randomUUID()}`;
    const response = await fetch(`${registry.url}/subjects/${topic}-value/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema: schemas["orders.avsc"] }),
    });
    expect(response.status).toBe(200);
    const from = `registry+${registry.url}/${topic}-value`;
    expect(await workspace.pipe(["init", "subject", "--from", from])).toMatchObject({ code: 0 });
    const plan = await workspace.pipe(["explain", "subject/pipeline.ts", "--format", "json"]);
    expect(plan.stdout).toContain(`"topic": "${topic}"`);
    expect(plan.stdout).toContain('"registry"');

    const words = ["--from", `kafka://127.0.0.1:1/${topic}`, "--registry", registry.url];
    const made = await workspace.pipe(["init", "of-topic", ...words]);
    expect(made).toMatchObject({ code: 0 });
    expect(made.stdout).toContain("npx pipe run pipeline.ts --log kafka://127.0.0.1:1\n");
    const checked = await workspace.pipe(["check", "of-topic/pipeline.ts"]);
    expect(checked).toMatchObject({ code: 0 });
  });
});
