/* latest.ts - a value that is replaced while others follow it at their own pace
 *
 * Who follows gets the newest value whenever it asks, and the last one for certain; what was
 * replaced before that is never seen, so nothing queues up. It ends once, well or badly: then
 * whoever follows fails with the same error at once.
 */

export class Latest<T> {
  #value: T | undefined;
  #version = 0;
  #change = promised<void>();
  #end = promised<T>();

  /** Resolves to the last value, once there is no next one. */
  readonly last = this.#end.promise;
  hasEnded = false;

  constructor() {
    this.last.catch(() => {}); // whoever follows is told as well
  }

  set(value: T): void {
    if (this.hasEnded) return;
    this.#value = value;
    this.#version++;
    this.#change.resolve();
    this.#change = promised();
  }

  /** The value that there is was the last. */
  end(): void {
    this.#finish(() => this.#end.resolve(this.#value!));
  }

  fail(error: unknown): void {
    this.#finish(() => {
      this.#end.reject(error);
      this.#version = 0; // nobody is told of what came before
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (let seen = 0; ;) {
      if (seen < this.#version) {
        seen = this.#version;
        yield this.#value!;
      } else if (this.hasEnded) return void (await this.last);
      else await this.#change.promise;
    }
  }

  #finish(settle: () => void): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    settle();
    this.#change.resolve();
  }
}

function promised<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((good, bad) => ((resolve = good), (reject = bad)));
  return { promise, resolve, reject };
}
