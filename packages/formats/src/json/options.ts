import type { RegistryOptions } from "../registry/options.ts";

/** How JSON records are read and written. */
export type JsonOptions = {
  /**
   * Records begin with the id of a JSON Schema of this registry. The id is passed over when they
   * are read: the row type says what they have to be. The row type's schema is registered before
   * they are written.
   */
  readonly registry?: RegistryOptions;
};
