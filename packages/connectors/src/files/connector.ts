import type { Connector } from "@millrace/core";
import { openFiles } from "./open-files.ts";

/** Files as sources. */
export const filesConnector: Connector = { openSource: openFiles };
