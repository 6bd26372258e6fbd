/** Values that go into a graph by the name of their input: float32, or token ids. */
export type GraphInputs = Readonly<
  Record<string, { readonly values: Float32Array | BigInt64Array; readonly shape: readonly number[] }>
>;
/** The float32 values that come out of a graph. */
export type GraphOutputs = Readonly<
  Record<string, { readonly values: Float32Array; readonly shape: readonly number[] }>
>;

/** What an encoder's graph asks for to embed one text: `input_ids`, and a mask and token types where it wants them. */
export function encoderInputs(names: readonly string[], ids: readonly number[]): GraphInputs {
  const shape = [1, ids.length];
  const constant = (value: bigint): BigInt64Array => new BigInt64Array(ids.length).fill(value);
  const known: GraphInputs = {
    input_ids: { values: BigInt64Array.from(ids, BigInt), shape },
    attention_mask: { values: constant(1n), shape },
    token_type_ids: { values: constant(0n), shape },
  };
  const entries = names.map((name) => {
    const value = known[name];
    if (!value) throw new Error(`The graph asks for an unknown input ${name.slice(0, 60)}.`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

const POOLED = ['embedding', 'sentence_embedding'];
const BY_TOKEN = ['last_hidden_state', 'token_embeddings'];

/** The vector of unit length in an encoder's outputs: as the graph pooled it, else pooled here. */
export function vectorOf(outputs: GraphOutputs, pooling: 'mean' | 'cls'): Float32Array {
  const name = [...POOLED, ...BY_TOKEN, ...Object.keys(outputs)].find((one) => outputs[one]);
  const output = outputs[name ?? ''];
  if (!output) throw new Error('The graph gives no vectors.');
  const dimension = output.shape.at(-1) ?? 0;
  if (output.shape.length === 2) return unitLength(output.values);
  if (output.shape.length !== 3 || pooling === 'cls') return unitLength(output.values.slice(0, dimension));
  const sum = new Float32Array(dimension);
  output.values.forEach(
    (value, index) => (sum[index % dimension] = (sum[index % dimension] as number) + value),
  );
  return unitLength(sum);
}

// A zero vector stays one: it means a text of unknown tokens only.
function unitLength(values: Float32Array): Float32Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return length > 0 && Math.abs(length - 1) > 1e-6 ? values.map((value) => value / length) : values;
}
