export { consoleTable, type ConsoleTableOptions } from "./descriptor.ts";
export { consoleConnector, createConsoleConnector } from "./sink.ts";
export { textTable } from "./text-table.ts";
