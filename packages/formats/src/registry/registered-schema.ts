/** What a schema of a registry is written in. */
export type SchemaLanguage = "AVRO" | "JSON" | "PROTOBUF";

/** A schema as a registry holds it, with those that it refers to. */
export interface RegisteredSchema {
  readonly language: SchemaLanguage;
  readonly text: string;
  readonly references: readonly SchemaReference[];
}

/** A schema that another one refers to, by a name that its language gives a meaning. */
export interface SchemaReference {
  /** Of Avro the full name of a type, of Protobuf the path of an import. */
  readonly name: string;
  readonly schema: RegisteredSchema;
}

/**
 * The schema and all that it refers to, each once, those referred to before those that refer to
 * them.
 */
export function withReferences(schema: RegisteredSchema): readonly RegisteredSchema[] {
  const found = new Set<RegisteredSchema>();
  addWithReferences(schema, found);
  return [...found];
}

function addWithReferences(schema: RegisteredSchema, found: Set<RegisteredSchema>): void {
  if (found.has(schema)) return;
  for (const reference of schema.references) addWithReferences(reference.schema, found);
  found.add(schema);
}
