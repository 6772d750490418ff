import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackages, checkExit, type Ended, jsonLines, Workspace } from "./workspace.ts";

let workspace: Workspace;

const copyFile = `import { pipeline, t } from "millrace";
import { json, topic } from "millrace/log";

const Reading = t.row({ machine: t.utf8(), celsius: t.float64() });

export default pipeline("hot", (p) => {
  p.source("readings", topic("readings", json(Reading), { until: "end" }))
    .where((reading) => reading.celsius.gt(90))
    .sink("out", topic("hot", json(Reading)));
});
`;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  await workspace.write("hot.ts", copyFile);
}, 120_000);

afterAll(() => workspace.remove());

/** Copies a topic without an end, by key. */
const endlessFile = copyFile
  .replace(', { until: "end" }', "")
  .replace("reading.celsius.gt(90)", "reading.celsius.gte(0)")
  .replace(".sink(", '.keyBy("machine").sink(')
  .replace('"hot", json', '"copied", json');

async function write(lines: string, words: readonly string[]): Promise<Ended> {
  const running = workspace.start(["topics", "write", "readings", "--log", "log", ...words]);
  running.child.stdin?.end(lines);
  return running.ended;
}

test("lines become records, a pipeline reads them, and its topic is read again", async () => {
  const lines = [50, 91, 99].map((celsius) => JSON.stringify({ machine: "A", celsius }));
  const written = await write(`${lines[0]}\n\n${lines[1]}\n${lines[2]}`, ["--partitions", "2"]);
  checkExit(written, 0);
  expect(written.stdout).toBe("readings: 3 records written\n");
  checkExit(await write("no json\n", []), 0);
  const ran = await workspace.pipe(["run", "hot.ts", "--log", "log"]);
  checkExit(ran, 0);
  expect(ran.stdout).toContain("out         2 rows\n");
  expect(ran.stdout).toContain("1 dead letter (npx pipe dead-letters hot --log log)\n");
  const letters = await workspace.pipe(["dead-letters", "hot", "--log", "log"]);
  expect(JSON.parse(letters.stdout)).toMatchObject({
    raw: "no json",
    place: { topic: "readings" },
  });
  const read = await workspace.pipe(["topics", "read", "hot", "--log", "log"]);
  expect(read.stdout.split("\n").toSorted()).toEqual(["", lines[1], lines[2]]);
  const listed = await workspace.pipe(["topics", "list", "--log", "log"]);
  // How many records a changelog has depends on when commits happen.
  expect(listed.stdout.replace(/(?<=changelog +)\d/, "2")).toBe(`\
  hot                           2 records in 1 partition
  readings                      4 records in 2 partitions

hot (finished)
  hot.control                   1 record in 1 partition    how the pipeline stands, and what it was started with
  hot.dead-letters              1 record in 1 partition    records that could not go on, for pipe dead-letters
  hot.news.control              0 records in 1 partition   what runs of the pipeline tell each other
  hot.stage-readings.changelog  2 records in 1 partition   state and progress of the stage stage-readings
`);
  expect(await workspace.names()).toEqual(["hot.ts", "log"]);
}, 60_000);

test.each([1, 2])(
  "a run that is killed again and again copies each record once (threads: %i)",
  async (threads) => {
    const log = `kills-${threads}`;
    await workspace.write("endless.ts", endlessFile);
    const lines = Array.from({ length: 5_000 }, (_, celsius) =>
      JSON.stringify({ machine: `M${celsius % 7}`, celsius }),
    );
    const read = async (): Promise<string[]> => {
      const { stdout } = await workspace.pipe(["topics", "read", "copied", "--log", log]);
      return stdout.split("\n").filter((line) => line !== "");
    };
    const append = async (from: number, to: number): Promise<void> => {
      const words = ["topics", "write", "readings", "--log", log, "--partitions", "3"];
      const writing = workspace.start(words);
      writing.child.stdin?.end(lines.slice(from, to).join("\n"));
      checkExit(await writing.ended, 0);
    };
    await append(0, 2_000);
    const flags = ["--partitions", "2", "--batch-rows", "16", "--threads", `${threads}`];
    const words = ["run", "endless.ts", "--log", log, ...flags];
    for (let round = 0; round < 3; round += 1) {
      const running = workspace.start(words);
      await append(2_000 + round * 1_000, 3_000 + round * 1_000);
      await new Promise((done) => setTimeout(done, 150 * round * threads));
      running.child.kill("SIGKILL");
      await running.ended;
    }
    const last = workspace.start([...words, "--json"]);
    await last.wrote('"type":"progress"');
    while ((await read()).length < lines.length) await new Promise((done) => setTimeout(done, 50));
    last.child.kill("SIGTERM");
    checkExit(await last.ended, 0);
    expect((await read()).toSorted()).toEqual(lines.toSorted());
  },
  60_000,
);

test("a log or a topic that is not there is told, and nothing is made", async () => {
  const none = await workspace.pipe(["topics", "read", "hot", "--log", "nowhere"]);
  checkExit(none, 3);
  expect(none.stderr).toMatch(/^FILE_NOT_FOUND/);
  expect(workspace.has("nowhere")).toBe(false);
  checkExit(await write("", ["--partitions", "1"]), 1);
  const flagless = await workspace.pipe(["topics", "list"]);
  checkExit(flagless, 3);
});

const ownFile = endlessFile.replace('pipeline("hot"', 'pipeline("kept"').replace("copied", "kept");

test("what a log keeps of a pipeline is removed, but not while it runs", async () => {
  await workspace.write("kept.ts", ownFile);
  const onLog = ["--log", "kept-log"];
  const writing = workspace.start(["topics", "write", "readings", ...onLog]);
  writing.child.stdin?.end('{"machine":"A","celsius":1}\n');
  checkExit(await writing.ended, 0);
  const running = workspace.start(["run", "kept.ts", ...onLog, "--json"]);
  await running.wrote('"type":"progress"');
  const stateOf = async (): Promise<unknown> => {
    const { stdout } = await workspace.pipe(["topics", ...onLog, "--json"]);
    const own = jsonLines(stdout).find(({ name }) => name === "kept.control");
    return own?.["state"];
  };
  expect(await stateOf()).toBe("running");
  const refused = await workspace.pipe(["topics", "clean", "kept", ...onLog, "--yes"]);
  checkExit(refused, 3);
  expect(refused.stderr).toMatch(/^RUN_ALREADY_RUNNING/);
  running.child.kill("SIGTERM");
  checkExit(await running.ended, 0);
  expect(await stateOf()).toBe("stopped");
  const unasked = await workspace.pipe(["topics", "clean", "kept", ...onLog]);
  checkExit(unasked, 3);
  expect(unasked.stderr).toContain("--yes");
  const cleaned = await workspace.pipe(["topics", "clean", "kept", ...onLog, "--yes", "--json"]);
  checkExit(cleaned, 0);
  expect(JSON.parse(cleaned.stdout)).toMatchObject({
    pipeline: "kept",
    removed: expect.arrayContaining(["kept.control", "kept.dead-letters"]),
  });
  const left = await workspace.pipe(["topics", "list", ...onLog, "--json"]);
  expect(jsonLines(left.stdout).map(({ name }) => name)).toEqual(["kept", "readings"]);
  const again = await workspace.pipe(["topics", "clean", "kept", ...onLog, "--yes", "--json"]);
  checkExit(again, 3);
  expect(again.stdout).toContain('"code":"PIPELINE_NOT_SAVED"');
}, 60_000);
