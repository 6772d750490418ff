import { limits } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment } from "../environment.ts";
import { formatCount } from "../progress-bar.ts";
import { wholeNumber } from "../run-flags.ts";

/** `pipe topic list | read | write`: the topics of a log, with records as lines of text. */
export function addTopicCommand(program: Command, environment: CliEnvironment): void {
  const topic = program.command("topic").description("list, read and write topics of a log");
  topic
    .command("list")
    .description("print the topics, with their partitions and records")
    .requiredOption("--log <place>", "log that pipelines share")
    .action(async ({ log }: { log: string }) => {
      const topics = await environment.topics(log);
      const width = Math.max(0, ...topics.map(({ name }) => name.length));
      for (const { name, partitions, records } of topics) {
        const text = `${counted(records, "record")} in ${counted(partitions, "partition")}`;
        environment.stdout(`${name.padEnd(width)}  ${text}\n`);
      }
    });
  topic
    .command("read")
    .description("print the records that a topic holds, one a line, partition by partition")
    .argument("<name>", "name of the topic")
    .requiredOption("--log <place>", "log that pipelines share")
    .action(async (name: string, { log }: { log: string }) => {
      await environment.readTopic(log, name, (record) => environment.stdout(`${record}\n`));
    });
  topic
    .command("write")
    .description("append each line of the standard input as a record, to the partitions in turn")
    .argument("<name>", "name of the topic, which is made if need be")
    .requiredOption("--log <place>", "log that pipelines share")
    .option("--partitions <count>", "of a new topic (default 1)", wholeNumber(limits.partitionsMax))
    .action(async (name: string, options: { log: string; partitions?: number }) => {
      const records = await environment.writeTopic(options.log, name, options.partitions);
      environment.stdout(`${name}: ${counted(records, "record")} written\n`);
    });
}

function counted(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}
