import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { GraphInputs, GraphOutputs } from './graph-values.js';

/** Loads a graph from a file or its bytes, to run on so many threads. */
export function openGraph(model: string | Uint8Array, threads = 1): Promise<InferenceSession> {
  const options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Threads that wait for one another in a loop would keep a core from everything else.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  } as const;
  return typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options);
}

/** Runs a graph once. It blocks its thread. */
export async function runGraph(session: InferenceSession, inputs: GraphInputs): Promise<GraphOutputs> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, { values, shape }] of Object.entries(inputs)) {
    feeds[name] =
      values instanceof Float32Array
        ? new Tensor('float32', values, [...shape])
        : new Tensor('int64', values, [...shape]);
  }
  const results = await session.run(feeds);
  const outputs: Record<string, GraphOutputs[string]> = {};
  for (const [name, tensor] of Object.entries(results)) {
    if (tensor.type === 'float32')
      outputs[name] = { values: Float32Array.from(tensor.data as Float32Array), shape: [...tensor.dims] };
    tensor.dispose();
  }
  return outputs;
}
