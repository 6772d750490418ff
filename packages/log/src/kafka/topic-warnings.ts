import { type TopicKind, topicKind, type TopicWarning } from "@millrace/core";
import { topicSettings } from "./topic-settings.ts";

/** Settings that may be larger than what topics are made with; −1 is the largest. */
const least: ReadonlySet<string> = new Set(["retention.ms", "retention.bytes"]);
/** Settings that may be larger, where −1 means nothing. */
const leastBytes: ReadonlySet<string> = new Set(["max.message.bytes"]);

const consequences: Readonly<Record<string, string>> = {
  "cleanup.policy": "records may be removed before they are read",
  "retention.ms": "records may be removed before they are read",
  "retention.bytes": "records may be removed before they are read",
  "max.message.bytes": "larger state and larger batches are refused",
  "unclean.leader.election.enable": "committed records may be lost with a broker",
};

/**
 * What may go wrong with the settings that a pipeline's own topic has on Kafka: those with which a
 * topic would be made, and leaders that do not have all records. Topics of records are their
 * owner's: nothing is said of them.
 */
export function topicWarnings(
  topic: string,
  actual: ReadonlyMap<string, string | null>,
): TopicWarning[] {
  const kind = topicKind(topic);
  if (kind === "records") return [];
  return Object.entries(wanted(kind)).flatMap(([setting, value]) => {
    const present = actual.get(setting);
    if (present === undefined || present === null || suffices(setting, present, value)) return [];
    const consequence = consequences[setting] ?? "";
    return [{ setting, actual: present, wanted: value, consequence }];
  });
}

function wanted(kind: TopicKind): Record<string, string> {
  // The size of segments decides how soon space is freed, and nothing more.
  const { "segment.bytes": _, ...settings } = topicSettings(kind);
  return { ...settings, "unclean.leader.election.enable": "false" };
}

function suffices(setting: string, actual: string, value: string): boolean {
  if (leastBytes.has(setting)) return Number(actual) >= Number(value);
  return actual === value || (least.has(setting) && Number(actual) < 0);
}
