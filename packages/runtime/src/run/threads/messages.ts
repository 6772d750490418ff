import type { GroupMembership } from "@millrace/core";
import type { TaskNotice } from "../run-notice.ts";
import type { RunSettings } from "../run-options.ts";
import type { OpenTurn } from "../run-observer.ts";
import type { TaskReport } from "../task-report.ts";
import type { Placement } from "./place-tasks.ts";
import type { PlainError } from "./plain-error.ts";

/** What a thread must know to open its tasks: plain data and shared memory. */
export interface ThreadAttempt {
  readonly place: number;
  readonly placement: Placement;
  readonly board: SharedArrayBuffer;
  readonly membership: GroupMembership;
  readonly generation: number;
  readonly settings: RunSettings;
  /** Whether anybody wants to know what tasks do. */
  readonly isObserved: boolean;
  /** Fingerprints of the sources, as the main thread has opened them, by id. */
  readonly sources: Readonly<Record<string, string>>;
}

/** What the main thread asks of a thread, one at a time; each is answered once. */
export type ThreadRequest =
  | { readonly kind: "open"; readonly attempt: ThreadAttempt }
  | { readonly kind: "run" }
  /** Closes the tasks; others may then be opened. */
  | { readonly kind: "close" }
  | { readonly kind: "end" };

/** What the main thread tells a thread at any time, without an answer. */
export interface ThreadStop {
  readonly kind: "stop";
  /** Something has failed: what was taken in is not committed. */
  readonly hasFailed: boolean;
}

/** How the tasks of a thread stand; reports are absent where none are open. */
export interface ThreadNews {
  readonly reports?: readonly TaskReport[];
  readonly turn?: OpenTurn;
  /** What tasks have done since the last news. */
  readonly notices?: readonly TaskNotice[];
}

/** What a thread tells the main thread. */
export type ThreadMessage =
  /** It has loaded the pipeline and can be asked. */
  | { readonly kind: "loaded"; readonly pipeline: string; readonly fingerprint: string }
  | { readonly kind: "done"; readonly news: ThreadNews }
  | { readonly kind: "failed"; readonly error: PlainError; readonly news: ThreadNews }
  /** Now and then while it runs. */
  | { readonly kind: "news"; readonly news: ThreadNews };
