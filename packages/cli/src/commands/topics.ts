import { limits, millraceError } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment } from "../environment.ts";
import { countText, formatTopics } from "../format-topics.ts";
import { jsonText } from "../json-text.ts";
import { wholeNumber } from "../run-flags.ts";

const logFlag = "--log <place>";
const logHelp = "log that pipelines share: a directory, or kafka://host:port";

/** `pipe topics [list | read | write | clean]`: what a log holds, and whose it is. */
export function addTopicsCommand(program: Command, environment: CliEnvironment): void {
  const topics = program.command("topics").description("list, read, write and clean up topics");
  addList(topics, environment);
  addRead(topics, environment);
  addWrite(topics, environment);
  addClean(topics, environment);
}

function addList(topics: Command, environment: CliEnvironment): void {
  topics
    .command("list", { isDefault: true })
    .description("print the topics, whose they are and what is wrong with their settings")
    .requiredOption(logFlag, logHelp)
    .option("--json", "one topic a line, as JSON", false)
    .action(async ({ log, json }: { log: string; json: boolean }) => {
      const report = await environment.topics(log);
      if (!json) return environment.stdout(formatTopics(report));
      for (const topic of report.records) environment.stdout(`${jsonText(topic)}\n`);
      for (const { pipeline, state, topics: own } of report.pipelines) {
        for (const topic of own) environment.stdout(`${jsonText({ ...topic, pipeline, state })}\n`);
      }
    });
}

function addRead(topics: Command, environment: CliEnvironment): void {
  topics
    .command("read")
    .description("print the records that a topic holds, one a line, partition by partition")
    .argument("<name>", "name of the topic")
    .requiredOption(logFlag, logHelp)
    .action(async (name: string, { log }: { log: string }) => {
      await environment.readTopic(log, name, (record) => environment.stdout(`${record}\n`));
    });
}

function addWrite(topics: Command, environment: CliEnvironment): void {
  topics
    .command("write")
    .description("append each line of the standard input as a record, to the partitions in turn")
    .argument("<name>", "name of the topic, which is made if need be")
    .requiredOption(logFlag, logHelp)
    .option("--partitions <count>", "of a new topic (default 1)", wholeNumber(limits.partitionsMax))
    .action(async (name: string, options: { log: string; partitions?: number }) => {
      const records = await environment.writeTopic(options.log, name, options.partitions);
      environment.stdout(`${name}: ${countText(records, "record")} written\n`);
    });
}

function addClean(topics: Command, environment: CliEnvironment): void {
  topics
    .command("clean")
    .description("remove all that a log keeps of a pipeline: its own topics and its group")
    .argument("<pipeline>", "name of the pipeline, which must not run")
    .requiredOption(logFlag, logHelp)
    .option("--yes", "without asking", false)
    .option("--json", "what was removed, as JSON", false)
    .action(async (pipeline: string, options: { log: string; yes: boolean; json: boolean }) => {
      const { log, yes, json } = options;
      if (!yes && !(await isWanted(pipeline, log, environment))) return;
      const removed = await environment.removePipeline(log, pipeline);
      const text = `${pipeline}: ${countText(removed.length, "topic")} removed`;
      environment.stdout(`${json ? jsonText({ pipeline, removed }) : text}\n`);
    });
}

/**
 * Shows what would be removed, and asks.
 *
 * @throws COMMAND_LINE_INVALID where nobody can be asked
 */
async function isWanted(
  pipeline: string,
  log: string,
  environment: CliEnvironment,
): Promise<boolean> {
  if (!environment.isTerminal) {
    const problem = "topics clean asks at a terminal; say --yes to remove them without asking";
    throw millraceError("COMMAND_LINE_INVALID", { problem });
  }
  const { pipelines } = await environment.topics(log);
  const found = pipelines.filter((each) => each.pipeline === pipeline);
  // What is not there, or runs, is told by the removal.
  if (found.length === 0 || found[0]?.state === "running") return true;
  environment.stderr(formatTopics({ records: [], pipelines: found }));
  const answer = await environment.ask(`Remove them? The next run of it starts afresh. [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
