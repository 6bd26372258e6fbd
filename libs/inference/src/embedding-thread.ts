import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';

// session.run blocks its thread, so each session lives in a worker thread of its own with one inner thread.
const { modelPath, sha256 } = workerData as { modelPath: string; sha256: string };
// A thread that is started again long after the first finds the same bytes or none: never another model's vectors.
const bytes = readFileSync(modelPath);
if (createHash('sha256').update(bytes).digest('hex') !== sha256)
  throw new Error(`${modelPath} has changed since it was checked`);
const session = await InferenceSession.create(bytes, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableMemPattern: false,
  logSeverityLevel: 3,
});

parentPort?.on('message', ({ call, ids }: { call: number; ids: number[] }) => {
  void embed(ids).then(
    (vector) => parentPort?.postMessage({ call, vector }),
    (error: unknown) => parentPort?.postMessage({ call, error: String(error) }),
  );
});

// One passage a run: batching did not pay on CPUs and would make a vector depend on its batch mates.
async function embed(ids: number[]): Promise<Float32Array> {
  const input = new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
  const { embedding } = await session.run({ input_ids: input });
  return Float32Array.from(embedding?.data as Float32Array);
}
