export * from "./files/descriptor.ts";
