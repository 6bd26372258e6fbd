import { readAs } from '@belay/contracts';
import { z } from 'zod';
import { type EncoderShape, invalid } from '../conversion/encoder-weights.js';
import type { ModelSource } from './model-source.js';

const Config = z.object({
  model_type: z.string().optional(),
  hidden_act: z.string().default('gelu'),
  position_embedding_type: z.string().default('absolute'),
  hidden_size: z.number(),
  num_hidden_layers: z.number(),
  num_attention_heads: z.number(),
  intermediate_size: z.number(),
  vocab_size: z.number(),
  max_position_embeddings: z.number(),
  layer_norm_eps: z.number().default(1e-12),
  pad_token_id: z.number().int().min(0).max(1000).nullish(),
});

const FAMILIES = ['bert', 'xlm-roberta', 'roberta'];

/** What config.json says of an encoder: its sizes, and the first row of its table of positions that is used. */
export interface HubConfig {
  readonly shape: EncoderShape;
  readonly firstPosition: number;
}

/** Reads config.json of a BERT-family encoder. Throws `inference.invalid-model` for what cannot be converted. */
export function readHubConfig(source: ModelSource): HubConfig {
  const config = json(source, 'config.json', Config);
  if (!config) throw invalid('there is no config.json');
  const family = config.model_type ?? 'bert';
  if (!FAMILIES.includes(family))
    throw invalid(`it is of the family "${family.slice(0, 40)}", not a BERT encoder`);
  if (config.hidden_act !== 'gelu')
    throw invalid(`its activation is "${config.hidden_act.slice(0, 40)}", not gelu`);
  if (config.position_embedding_type !== 'absolute') throw invalid('its positions are not absolute');
  const firstPosition = family === 'bert' ? 0 : (config.pad_token_id ?? 1) + 1;
  return {
    firstPosition,
    shape: {
      layers: config.num_hidden_layers,
      hidden: config.hidden_size,
      heads: config.num_attention_heads,
      intermediate: config.intermediate_size,
      vocabulary: config.vocab_size,
      positions: config.max_position_embeddings - firstPosition,
      epsilon: config.layer_norm_eps,
    },
  };
}

/** How many tokens a model of any family has positions for, if its config.json says so. */
export function readPositions(source: ModelSource): number | undefined {
  const Positions = z.object({
    model_type: z.string().optional(),
    max_position_embeddings: z.number().int().min(8).max(1_000_000).optional(),
    pad_token_id: z.number().int().min(0).max(1000).nullish(),
  });
  const config = json(source, 'config.json', Positions);
  const first = config?.model_type?.includes('roberta') ? (config.pad_token_id ?? 1) + 1 : 0;
  return config?.max_position_embeddings && config.max_position_embeddings - first;
}

/** Whether this is an encoder whose weights can be converted here. */
export function isConvertible(source: ModelSource): boolean {
  try {
    return readPooling(source) === 'mean' && readHubConfig(source).shape.layers > 0;
  } catch {
    return false;
  }
}

const Pooling = z.object({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
});

/** How token vectors become one: 1_Pooling/config.json, by default their mean. */
export function readPooling(source: ModelSource): 'mean' | 'cls' {
  const pooling = json(source, '1_Pooling/config.json', Pooling);
  if (!pooling || pooling.pooling_mode_mean_tokens) return 'mean';
  if (pooling.pooling_mode_cls_token) return 'cls';
  throw invalid('it pools neither by the mean nor by the first token');
}

/** The longest input that the model's makers state, if they do. */
export function readMaxLength(source: ModelSource): number | undefined {
  const Sentence = z.object({ max_seq_length: z.number().int().min(8).max(32_768) });
  return json(source, 'sentence_bert_config.json', Sentence)?.max_seq_length;
}

/** A JSON file of a model; undefined if there is none. */
export function json<Schema extends z.ZodType>(
  source: ModelSource,
  name: string,
  schema: Schema,
): z.infer<Schema> | undefined {
  const text = source.text(name);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(`${name} is not JSON`);
  }
  const { data, problem } = readAs(schema, value, 'The file');
  if (problem === undefined) return data as z.infer<Schema>;
  throw invalid(`${name}: ${problem}`);
}
