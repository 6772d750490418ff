import { type RegisteredSchema, withReferences } from "../../registry/registered-schema.ts";
import type { ProtobufMessage, ProtobufMessageField } from "../fields-of-message.ts";
import {
  parseProtoFile,
  type ProtoEnum,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
} from "./parse-file.ts";
import { invalidSchema } from "./tokens.ts";

/** A message of a schema's text, with all that its fields are. */
export interface LinkedMessage extends ProtobufMessage {
  readonly fields: readonly LinkedField[];
  /** Messages that are declared in it, in the order of their index. */
  readonly messages: readonly LinkedMessage[];
}

/** A field whose type is found. */
export interface LinkedField extends ProtobufMessageField {
  readonly message: LinkedMessage | undefined;
  readonly stands: ProtoField["stands"];
  readonly isOptional: boolean;
}

/** The numbers of `google.protobuf.FieldDescriptorProto.Type`. */
const scalarNumbers: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};

/**
 * The messages of a Protobuf schema's text, in the order of their index, linked with the types of
 * what it refers to. Types of `google.protobuf` are known by their names.
 *
 * @throws MillraceError `FORMAT_SCHEMA_INVALID`, also when it is no Protobuf schema
 */
export function linkProtobufSchema(schema: RegisteredSchema): readonly LinkedMessage[] {
  const files = withReferences(schema).map(({ language, text }) => {
    if (language !== "PROTOBUF") throw invalidSchema(`the registry has it as ${language}`);
    return parseProtoFile(text);
  });
  const linker = new Linker(files);
  const own = files.at(-1)!;
  return own.messages.map(({ name }) => linker.message(joined(own.package, name)));
}

interface Declared {
  readonly message: ProtoMessage;
  readonly file: ProtoFile;
}

class Linker {
  readonly #messages: Map<string, Declared> = new Map();
  readonly #enums: Map<string, ProtoEnum> = new Map();
  readonly #linked: Map<string, LinkedMessage> = new Map();

  constructor(files: readonly ProtoFile[]) {
    for (const file of files) this.#declare(file.package, file, file);
  }

  #declare(
    scope: string,
    { messages, enums }: Pick<ProtoFile, "messages" | "enums">,
    file: ProtoFile,
  ): void {
    for (const each of enums) this.#enums.set(joined(scope, each.name), each);
    for (const message of messages) {
      const name = joined(scope, message.name);
      this.#messages.set(name, { message, file });
      this.#declare(name, message, file);
    }
  }

  /** The message of that full name, which is declared. A message may contain itself. */
  message(typeName: string): LinkedMessage {
    const known = this.#linked.get(typeName);
    if (known !== undefined) return known;
    const { message, file } = this.#messages.get(typeName)!;
    const fields: LinkedField[] = [];
    const messages: LinkedMessage[] = [];
    const linked: LinkedMessage = { typeName, fields, messages };
    this.#linked.set(typeName, linked);
    for (const field of message.fields) fields.push(this.#field(field, typeName, file));
    for (const { name } of message.messages) messages.push(this.message(joined(typeName, name)));
    return linked;
  }

  #field(field: ProtoField, scope: string, file: ProtoFile): LinkedField {
    const { name, number, stands, isOptional, type } = field;
    const scalar = scalarNumbers[type];
    const found = scalar === undefined ? this.#type(type, scope) : {};
    if (stands === "map" && field.keyType !== "string") {
      // Maps of columns have texts as keys: as a message of no kind, no column takes it.
      return this.#unfit(field);
    }
    return {
      name,
      localName: localName(name),
      number,
      stands,
      fieldKind: stands,
      isOptional,
      scalar,
      packed: stands === "list" ? (field.packed ?? file.isPackedUsual) : undefined,
      message: undefined,
      ...found,
    };
  }

  #unfit({ name, number, keyType, type }: ProtoField): LinkedField {
    const typeName = `map<${keyType}, ${type}>`;
    const message = { typeName, fields: [], messages: [] };
    return { name, localName: localName(name), number, stands: "once", isOptional: true, message };
  }

  /** As in C++: from the innermost scope outwards. */
  #type(
    name: string,
    scope: string,
  ): Pick<LinkedField, "message" | "enum"> | Pick<LinkedField, "message"> {
    const scopes = name.startsWith(".") ? [""] : outwards(scope);
    const bare = name.replace(/^\./, "");
    for (const each of scopes) {
      const full = joined(each, bare);
      if (this.#messages.has(full)) return { message: this.message(full) };
      const values = this.#enums.get(full);
      if (values !== undefined) return { message: undefined, enum: values };
    }
    if (bare.startsWith("google.")) {
      return { message: { typeName: bare, fields: [], messages: [] } };
    }
    throw invalidSchema(`there is no type ${JSON.stringify(name)}`);
  }
}

function outwards(scope: string): string[] {
  const parts = scope.split(".");
  return parts.map((_, taken) => parts.slice(0, parts.length - taken).join(".")).concat("");
}

function joined(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}

/** The name as generated code has it. */
function localName(name: string): string {
  return name.replaceAll(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
