import { invalid } from '../conversion/encoder-weights.js';
import { CHECK_TEXTS } from '../conversion/texts.js';
import { GraphSession } from '../graph-session.js';
import { encoderInputs, vectorOf } from '../graph-values.js';
import { readTokenizer } from '../tokenizers/tokenizer.js';
import { readMaxLength, readPooling, readPositions } from './hub-config.js';
import { readHubTokenizer } from './hub-tokenizer.js';
import type { ModelSource } from './model-source.js';
import type { PreparedModel } from './prepared-model.js';

const GRAPHS = ['onnx/model_quantized.onnx', 'onnx/model.onnx', 'model.onnx'];
const GRAPH_LIMIT = 2 * 2 ** 30 - 1;

/** The ONNX graph of a model in the hub's layout, if it has one. */
export function findGraph(source: ModelSource): string | undefined {
  return GRAPHS.find((name) => source.names.includes(name));
}

/** Takes an ONNX export as it is, after it has embedded a few texts. */
export async function adoptGraph(
  source: ModelSource,
  name: string,
  knownMaxTokens: number | undefined,
): Promise<PreparedModel> {
  const imported = readHubTokenizer(source);
  const pooling = readPooling(source);
  const stated = knownMaxTokens ?? readMaxLength(source) ?? 512;
  const maxTokens = Math.min(stated, readPositions(source) ?? stated);
  const file = source.data(name);
  if (file.size > GRAPH_LIMIT) throw invalid(`${name} is larger than a graph may be`);
  const graph = file.slice(0, file.size);
  const tokenizer = readTokenizer(
    { tokenizer: imported.settings, specialTokens: true },
    () => imported.vocabulary,
  );
  const texts = CHECK_TEXTS.slice(0, 6).map((text) => tokenizer.encode(text, Math.min(maxTokens, 128)));
  const dimension = await tryGraph(graph, pooling, texts, { size: imported.size, maxTokens });
  const entry = { task: 'embedding', version: '1', specialTokens: true } as const;
  return {
    graph,
    vocabulary: imported.vocabulary,
    conversion: 'none: the ONNX export as it is',
    check: undefined,
    entry: { ...entry, dimension, pooling, maxTokens, tokenizer: imported.settings },
  };
}

/**
 * Embeds a few texts, the last word of the tokenizer and the longest input: a graph of another model fails on one of
 * them. Returns the dimension of the vectors.
 */
async function tryGraph(
  graph: Uint8Array,
  pooling: 'mean' | 'cls',
  texts: readonly number[][],
  { size, maxTokens }: { size: number; maxTokens: number },
): Promise<number> {
  const session = await GraphSession.open(graph);
  const sizes = new Set<number>();
  const run = async (ids: readonly number[], reason: string): Promise<void> => {
    const outputs = await session.run(encoderInputs(session.inputs, ids)).catch((error: unknown) => {
      throw invalid(`${reason} (${(error as Error).message.slice(0, 200)})`);
    });
    const vector = vectorOf(outputs, pooling);
    if (!vector.every(Number.isFinite)) throw invalid('its graph gives values that are no numbers');
    sizes.add(vector.length);
  };
  try {
    for (const ids of texts) await run(ids, 'its graph cannot be run');
    await run([size - 1], `its graph does not know all of the ${size} tokens of its tokenizer`);
    const longest = Array.from({ length: maxTokens }, () => texts[0]?.[1] ?? 0);
    await run(longest, `its graph cannot take the ${maxTokens} tokens that it is said to take`);
  } finally {
    await session.close();
  }
  const [dimension = 0] = sizes;
  if (sizes.size !== 1 || dimension < 1 || dimension > 4000)
    throw invalid('its graph does not give vectors of one size');
  return dimension;
}
