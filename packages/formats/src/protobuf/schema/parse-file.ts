import { invalidSchema, Tokens } from "./tokens.ts";

/** A file of a Protobuf schema as it is written: names of types are not resolved. */
export interface ProtoFile {
  readonly package: string;
  /** Whether lists of numbers are packed unless said otherwise. */
  readonly isPackedUsual: boolean;
  readonly imports: readonly string[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
}

/** A message, with what is declared in it. */
export interface ProtoMessage {
  readonly name: string;
  readonly fields: readonly ProtoField[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
}

/** A field; of a map, `type` is the one of its values. */
export interface ProtoField {
  readonly name: string;
  readonly type: string;
  readonly number: number;
  readonly stands: "once" | "list" | "map";
  /** Whether it may be absent, and that can be told from 0, false or empty. */
  readonly isOptional: boolean;
  readonly keyType: string | undefined;
  readonly packed: boolean | undefined;
}

/** An enum: names of values with their numbers. */
export interface ProtoEnum {
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly number: number }[];
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Scope = { readonly messages: ProtoMessage[]; readonly enums: ProtoEnum[] };

const skipped = new Set(["option", "reserved", "extensions", "extend", "service"]);

/**
 * Reads the text of a `.proto` file of syntax 2 or 3, or of an edition. Options, services and
 * extensions are passed over.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`
 */
export function parseProtoFile(text: string): ProtoFile {
  const tokens = new Tokens(text);
  const scope = { messages: [] as ProtoMessage[], enums: [] as ProtoEnum[] };
  const imports: string[] = [];
  let name = "";
  let syntax = "proto2";
  while (tokens.next !== "") {
    if (declaresType(tokens, scope, syntax) || tokens.takeIf(";")) continue;
    const word = tokens.take();
    if (word === "syntax" || word === "edition") {
      tokens.expect("=");
      syntax = tokens.text();
      tokens.expect(";");
    } else if (word === "package") {
      name = tokens.name();
      tokens.expect(";");
    } else if (word === "import") {
      if (tokens.next === "public" || tokens.next === "weak") tokens.take();
      imports.push(tokens.text());
      tokens.expect(";");
    } else if (skipped.has(word)) tokens.skipStatement();
    else throw invalidSchema(`${JSON.stringify(word)} stands where a declaration is needed`);
  }
  return { package: name, isPackedUsual: syntax !== "proto2", imports, ...scope };
}

function declaresType(tokens: Tokens, scope: Scope, syntax: string): boolean {
  if (tokens.takeIf("message")) scope.messages.push(message(tokens, syntax));
  else if (tokens.takeIf("enum")) scope.enums.push(enumeration(tokens));
  else return false;
  return true;
}

function message(tokens: Tokens, syntax: string): ProtoMessage {
  const fields: ProtoField[] = [];
  const scope = { messages: [] as ProtoMessage[], enums: [] as ProtoEnum[] };
  const name = tokens.name();
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";") || declaresType(tokens, scope, syntax)) continue;
    if (skipped.has(tokens.next)) tokens.skipStatement();
    else if (tokens.takeIf("oneof")) {
      tokens.name();
      tokens.expect("{");
      while (!tokens.takeIf("}")) {
        if (tokens.next === "option") tokens.skipStatement();
        else fields.push({ ...field(tokens, syntax), isOptional: true });
      }
    } else fields.push(field(tokens, syntax));
  }
  return { name, fields, ...scope };
}

function field(tokens: Tokens, syntax: string): ProtoField {
  const label = ["optional", "repeated", "required"].find((word) => tokens.takeIf(word));
  let stands: ProtoField["stands"] = label === "repeated" ? "list" : "once";
  let keyType: string | undefined;
  let type = tokens.name();
  if (type === "group") throw invalidSchema("groups are not supported");
  if (type === "map" && tokens.takeIf("<")) {
    stands = "map";
    keyType = tokens.name();
    tokens.expect(",");
    type = tokens.name();
    tokens.expect(">");
  }
  const name = tokens.name();
  tokens.expect("=");
  const number = tokens.integer();
  const packed = tokens.fieldOptions();
  tokens.expect(";");
  // In an edition, a field has presence unless a feature says otherwise, which is passed over.
  const hasPresence = label === "optional" || (label === undefined && !syntax.startsWith("proto"));
  const isOptional = stands === "once" && hasPresence;
  return { name, type, number, stands, isOptional, keyType, packed };
}

function enumeration(tokens: Tokens): ProtoEnum {
  const name = tokens.name();
  const values: Mutable<ProtoEnum["values"][number]>[] = [];
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    if (tokens.next === "option" || tokens.next === "reserved") {
      tokens.skipStatement();
      continue;
    }
    const value = tokens.name();
    tokens.expect("=");
    values.push({ name: value, number: tokens.integer() });
    tokens.fieldOptions();
    tokens.expect(";");
  }
  return { name, values };
}
