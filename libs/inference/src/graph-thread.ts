import { parentPort, workerData } from 'node:worker_threads';
import type { GraphInputs, GraphOutputs } from './graph-values.js';
import { openGraph, runGraph } from './run-graph.js';

/** What the thread sends: first the inputs of the graph it loaded, then one answer a run. */
export interface GraphAnswer {
  readonly inputs?: readonly string[];
  readonly outputs?: GraphOutputs;
  readonly error?: string;
}

const send = (answer: GraphAnswer): void => parentPort?.postMessage(answer);
try {
  const { model, threads } = workerData as { model: string | Uint8Array; threads: number };
  const session = await openGraph(model, threads);
  parentPort?.on('message', (inputs: GraphInputs) => {
    void runGraph(session, inputs).then(
      (outputs) => send({ outputs }),
      (error: unknown) => send({ error: String(error) }),
    );
  });
  send({ inputs: session.inputNames });
} catch (error) {
  send({ error: String(error) });
}
