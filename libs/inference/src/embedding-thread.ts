import { parentPort, workerData } from 'node:worker_threads';
import { encoderInputs, vectorOf } from './graph-values.js';
import { openGraph, runGraph } from './run-graph.js';

// session.run blocks its thread, so each session lives in a worker thread of its own with one inner thread.
const { modelPath, pooling } = workerData as { modelPath: string; pooling: 'mean' | 'cls' };
const session = await openGraph(modelPath);

parentPort?.on('message', ({ call, ids }: { call: number; ids: number[] }) => {
  void embed(ids).then(
    (vector) => parentPort?.postMessage({ call, vector }),
    (error: unknown) => parentPort?.postMessage({ call, error: String(error) }),
  );
});

// One passage a run: batching did not pay on CPUs and would make a vector depend on its batch mates.
async function embed(ids: number[]): Promise<Float32Array> {
  return vectorOf(await runGraph(session, encoderInputs(session.inputNames, ids)), pooling);
}
