export { consoleTable, type ConsoleTableOptions } from "@millrace/connectors/console";
