import { connect } from "node:net";
import { createInterface } from "node:readline";

/** A connection to a keeper; see keeper.mjs for what is sent. */
export class Connection {
  #socket;
  #waiting = new Map();
  #lastId = 0;

  /** @param {string} path the keeper's socket */
  constructor(path) {
    this.#socket = connect(path);
    this.#socket.unref();
    createInterface({ input: this.#socket }).on("line", (line) => this.#settle(JSON.parse(line)));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the keeper of the services has ended")));
  }

  #settle({ id, error, ...answer }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#forget(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  }

  #fail(error) {
    for (const [id, { reject }] of this.#waiting) {
      this.#forget(id);
      reject(error);
    }
  }

  /** Only a request that waits for its answer keeps the process alive. */
  #forget(id) {
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#socket.unref();
  }

  /** Sends a request. @returns {Promise<object>} its answer, with the request's `id` */
  async ask(request) {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.ref();
    const answer = await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ id, ...request })}\n`);
    });
    return { id, ...answer };
  }

  close() {
    this.#socket.end();
  }
}
