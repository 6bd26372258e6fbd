import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DomainError } from '@belay/errors';
import type { GraphAnswer } from './graph-thread.js';
import type { GraphInputs, GraphOutputs } from './graph-values.js';

const THREAD = fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/$/, '/dist/') + 'graph-thread.js';

/** One ONNX graph in a worker thread of its own: `run` blocks that thread, not the caller's. One run at a time. */
export class GraphSession {
  private waiting: { resolve: (answer: GraphAnswer) => void; reject: (error: Error) => void } | undefined;
  private ended: Error | undefined;
  /** Names of the graph's inputs. */
  inputs: readonly string[] = [];

  private constructor(private readonly worker: Worker) {
    worker.on('message', (answer: GraphAnswer) => this.settle(answer));
    worker.on('error', (error) => this.end(error));
    worker.on('exit', () => this.end(new Error('its thread ended')));
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

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private answer(): Promise<GraphAnswer> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }

  private settle(answer: GraphAnswer): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (answer.error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new DomainError('inference.unavailable', answer.error));
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.waiting?.reject(this.ended);
    this.waiting = undefined;
  }
}
