import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DomainError } from '@belay/errors';
import type { GraphAnswer } from './graph-thread.js';
import type { GraphInputs, GraphOutputs } from './graph-values.js';

const THREAD = fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/$/, '/dist/') + 'graph-thread.js';

/** One ONNX graph in a worker thread of its own: `run` blocks that thread, not the caller's. One run at a time. */
export class GraphSession {
  private running: Promise<unknown> = Promise.resolve();
  private waiting: { resolve: (answer: GraphAnswer) => void; reject: (error: Error) => void } | undefined;
  private ended: DomainError | undefined;
  /** Names of the graph's inputs. */
  inputs: readonly string[] = [];

  private constructor(private readonly worker: Worker) {
    worker.on('message', (answer: GraphAnswer) => this.settle(answer));
    worker.on('error', (error) => this.end(error));
    worker.on('exit', () => this.end(new Error('it was stopped')));
  }

  /**
   * Loads a graph from a file or from its bytes, to compute on so many threads. Throws `inference.invalid-model` if the
   * runtime refuses it.
   */
  static async open(model: string | Uint8Array, threads = 1): Promise<GraphSession> {
    const session = new GraphSession(new Worker(THREAD, { workerData: { model, threads } }));
    try {
      session.inputs = (await session.answer()).inputs ?? [];
      return session;
    } catch (error) {
      await session.close();
      throw new DomainError(
        'inference.invalid-model',
        `The graph cannot be loaded: ${(error as Error).message}`,
      );
    }
  }

  /** Runs the graph once; outputs by name. */
  async run(inputs: GraphInputs): Promise<GraphOutputs> {
    const answer = this.answer();
    this.worker.postMessage(inputs);
    return (await answer).outputs ?? {};
  }

  /** Ends the thread, after what it is computing: ended in the middle of it, it would take the process with it. */
  async close(): Promise<void> {
    await this.running;
    await this.worker.terminate();
  }

  /** Whether its thread has ended. */
  get hasEnded(): boolean {
    return this.ended !== undefined;
  }

  private answer(): Promise<GraphAnswer> {
    if (this.ended) return Promise.reject(this.ended);
    const answer = new Promise<GraphAnswer>((resolve, reject) => (this.waiting = { resolve, reject }));
    this.running = answer.catch(() => undefined);
    return answer;
  }

  private settle(answer: GraphAnswer): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (answer.error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new DomainError('inference.unavailable', answer.error));
  }

  private end(error: Error): void {
    this.ended ??= new DomainError('inference.unavailable', `The thread of a model ended: ${error.message}`);
    this.waiting?.reject(this.ended);
    this.waiting = undefined;
  }
}
