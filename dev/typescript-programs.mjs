// Lets a process import TypeScript, which Node 20 cannot: for `node --import`, where a program is
// not bundled, as it starts others of its kind.
import { register } from "node:module";

register("./typescript-loader.mjs", import.meta.url);
