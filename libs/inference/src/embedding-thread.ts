import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { encoderInputs, vectorOf } from './graph-values.js';
import { openGraph, runGraph } from './run-graph.js';

// session.run blocks its thread, so each session lives in a worker thread of its own with one inner thread.
const { modelPath, sha256, pooling } = workerData as {
  modelPath: string;
  sha256: string;
  pooling: 'mean' | 'cls';
};
const session = await openModel();

parentPort?.on('message', ({ call, ids, end }: { call: number; ids: number[]; end?: true }) => {
  if (end) return void session.release().finally(() => parentPort?.close());
  void embed(ids).then(
    (vector) => parentPort?.postMessage({ call, vector }),
    (error: unknown) => parentPort?.postMessage({ call, error: String(error) }),
  );
});
parentPort?.postMessage({ loaded: true });

// A thread that is started again long after the first finds the same bytes or none: never another model's vectors.
function openModel(): Promise<InferenceSession> {
  const bytes = readFileSync(modelPath);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    throw new Error(`${modelPath} has changed since it was checked`);
  return openGraph(bytes);
}

// One passage a run: batching did not pay on CPUs and would make a vector depend on its batch mates.
async function embed(ids: number[]): Promise<Float32Array> {
  return vectorOf(await runGraph(session, encoderInputs(session.inputNames, ids)), pooling);
}
