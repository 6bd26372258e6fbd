import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DomainError } from '@belay/errors';
import { type EmbeddingModel, verifyModel } from './store/model-store.js';
import { readTokenizer, type Tokenizer } from './tokenizers/tokenizer.js';

/** `interactive` work (questions) always starts before `ingest` work. */
export type Lane = 'interactive' | 'ingest';

interface Task {
  readonly ids: number[];
  readonly lane: Lane;
  /** Milliseconds since the epoch after which nobody waits for it. */
  expires: number;
  readonly resolve: (vector: Float32Array) => void;
  readonly reject: (error: Error) => void;
}
interface Thread {
  readonly worker: Worker;
  /** Settles when the thread has loaded the model; fails if it ends before. */
  readonly loaded: Promise<void>;
  task: Task | undefined;
  /** Set on a thread that gets no more work: called when it has none. */
  retire: (() => void) | undefined;
}

/** What a thread says: that it has loaded the model, or what became of a text. */
interface ThreadMessage {
  readonly loaded?: true;
  readonly vector?: Float32Array;
  readonly error?: string;
}

const THREAD =
  fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/$/, '/dist/') + 'embedding-thread.js';

/** Worker threads that each hold one session of one model. Files are checked by digest before the first load. */
export class EmbeddingPool {
  private readonly lanes: Record<Lane, Task[]> = { interactive: [], ingest: [] };
  private readonly threads: Thread[] = [];
  /** Every thread that has not ended, those included that get no work yet or any more, and when it has loaded. */
  private readonly workers = new Map<Worker, Promise<void>>();
  private readonly tokenizer: Tokenizer;
  private readonly modelPath: string;
  /** What is under way, so that a text that several ask for at once is embedded once. */
  private readonly underWay = new Map<string, { task: Task; vector: Promise<Float32Array> }>();
  private closed = false;
  private recycling: Promise<void> | undefined;

  constructor(
    readonly model: EmbeddingModel,
    threads: number,
  ) {
    const paths = verifyModel(model);
    this.modelPath = paths.get('model.onnx') ?? '';
    this.tokenizer = readTokenizer(model, (name) => readFileSync(paths.get(name) ?? '', 'utf8'));
    for (let index = 0; index < threads; index += 1) this.threads.push(this.startThread());
  }

  /**
   * L2-normalised vectors of `texts`, in their order. A text without any known token gets the zero vector. What has
   * not begun by `expires` (milliseconds since the epoch) is dropped with `inference.unavailable`.
   */
  embed(
    texts: readonly string[],
    kind: 'query' | 'passage',
    lane: Lane,
    expires = Number.POSITIVE_INFINITY,
  ): Promise<Float32Array[]> {
    return Promise.all(texts.map((text) => this.embedOne(text, kind, lane, expires)));
  }

  /** Whether questions are being embedded or wait for it. */
  get isAsked(): boolean {
    return this.lanes.interactive.length > 0 || this.threads.some(({ task }) => task?.lane === 'interactive');
  }

  /** Number of the model's tokens in `text`. */
  countTokens(text: string): number {
    return this.tokenizer.encode(text).length;
  }

  /** Ends the threads when each has finished its text; what still waits is refused. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { reject } of [...this.lanes.interactive.splice(0), ...this.lanes.ingest.splice(0)])
      reject(new DomainError('inference.unavailable', 'The model was closed.'));
    await Promise.all([...this.workers].map(([worker, loaded]) => ended(worker, loaded)));
  }

  /**
   * Replaces the threads, one after another, so that what they grew by is given back. A new one takes over when it has
   * loaded the model, the old one ends when it has finished its text: nothing is lost or late. If a new one cannot
   * load, the old one stays. Throws `inference.unavailable` then.
   */
  recycle(): Promise<void> {
    this.recycling ??= this.replaceAll().finally(() => (this.recycling = undefined));
    return this.recycling;
  }

  private embedOne(
    text: string,
    kind: 'query' | 'passage',
    lane: Lane,
    expires: number,
  ): Promise<Float32Array> {
    if (this.closed) return Promise.reject(new DomainError('inference.unavailable', 'The model was closed.'));
    const key = `${lane} ${kind} ${text}`;
    const known = this.underWay.get(key);
    if (known) {
      known.task.expires = Math.max(known.task.expires, expires);
      return known.vector;
    }
    const ids = this.tokenizer.encode(this.model.prefixes[kind] + text, this.model.maxTokens);
    if (ids.length === 0) return Promise.resolve(new Float32Array(this.model.dimension));
    const { promise: vector, resolve, reject } = deferred<Float32Array>();
    const task: Task = { ids, lane, expires, resolve, reject };
    this.underWay.set(key, { task, vector });
    const forget = (): void => void this.underWay.delete(key);
    vector.then(forget, forget);
    this.lanes[lane].push(task);
    this.dispatch();
    return vector;
  }

  private nextTask(): Task | undefined {
    for (;;) {
      const task = this.lanes.interactive.shift() ?? this.lanes.ingest.shift();
      if (task === undefined || task.expires >= Date.now()) return task;
      task.reject(new DomainError('inference.unavailable', 'Nobody waits for this any more.'));
    }
  }

  private dispatch(): void {
    for (const thread of this.threads) {
      if (thread.task || thread.retire) continue;
      thread.task = this.nextTask();
      if (thread.task) thread.worker.postMessage({ call: 0, ids: thread.task.ids });
    }
  }

  private startThread(): Thread {
    const sha256 = this.model.files.find(({ path }) => path.endsWith('model.onnx'))?.sha256;
    const { pooling } = this.model;
    const worker = new Worker(THREAD, { workerData: { modelPath: this.modelPath, sha256, pooling } });
    const { promise: loaded, resolve, reject } = deferred<void>();
    loaded.catch(() => undefined);
    const thread: Thread = { worker, loaded, task: undefined, retire: undefined };
    this.workers.set(worker, loaded);
    worker.on('message', (message: ThreadMessage) => {
      if (message.loaded) resolve();
      else this.finish(thread, message);
    });
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.workers.delete(worker);
      reject(new DomainError('inference.unavailable', 'A model thread could not load the model.'));
      this.replace(thread);
    });
    return thread;
  }

  private finish(thread: Thread, { vector, error }: ThreadMessage): void {
    const { task } = thread;
    thread.task = undefined;
    if (vector) task?.resolve(vector);
    else task?.reject(new DomainError('inference.unavailable', `The model failed on this text: ${error}`));
    thread.retire?.();
    this.dispatch();
  }

  // A thread that died takes its one text with it (the job is retried); the others go on.
  private replace(thread: Thread): void {
    thread.task?.reject(new DomainError('inference.unavailable', 'The model thread ended.'));
    thread.retire?.();
    const place = this.threads.indexOf(thread);
    if (place < 0) return;
    this.threads.splice(place, 1);
    if (this.closed) return;
    setTimeout(() => {
      if (this.closed) return;
      this.threads.push(this.startThread());
      this.dispatch();
    }, 500).unref();
  }

  private async replaceAll(): Promise<void> {
    for (const old of [...this.threads]) {
      const next = this.startThread();
      await next.loaded;
      // It may have died while the other one loaded, and was replaced by itself.
      if (this.closed || !this.threads.includes(old)) {
        await ended(next.worker, next.loaded);
        continue;
      }
      this.threads.push(next);
      const idle = deferred<void>();
      old.retire = idle.resolve;
      this.dispatch();
      if (old.task) await idle.promise;
      const place = this.threads.indexOf(old);
      if (place >= 0) this.threads.splice(place, 1);
      if (this.workers.has(old.worker)) await ended(old.worker, old.loaded);
    }
  }
}

/**
 * Lets a thread load its model, finish its text and release its session, which ends it: terminated, it would keep the
 * session's memory, and in the middle of loading or running it would take the whole process with it.
 */
async function ended(worker: Worker, loaded: Promise<void>): Promise<void> {
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  try {
    await loaded;
  } catch {
    return; // it could not load and has ended
  }
  worker.postMessage({ end: true });
  await gone;
}

// Promise.withResolvers, which Node.js 20 lacks.
function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
