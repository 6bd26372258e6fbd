import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DomainError } from '@belay/errors';
import { z } from 'zod';

const ModelFile = z.object({
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int(),
});

const EmbeddingModelEntry = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  task: z.literal('embedding'),
  version: z.string(),
  dimension: z.number().int().min(1).max(4000),
  pooling: z.enum(['mean']),
  maxTokens: z.number().int().min(8),
  specialTokens: z.boolean(),
  tokenizer: z.object({ type: z.literal('wordpiece'), lowercase: z.boolean(), stripAccents: z.boolean() }),
  prefixes: z.object({ query: z.string(), passage: z.string() }),
  fusion: z.object({ alpha: z.number().min(0).max(1), cosineFloor: z.number(), cosineCeiling: z.number() }),
  licence: z.string(),
  files: z.array(ModelFile).min(1),
});
const Manifest = z.object({ models: z.array(EmbeddingModelEntry) });

/** One embedding model of the manifest, with the folder that its files lie in and one digest over all of them. */
export type EmbeddingModel = z.infer<typeof EmbeddingModelEntry> & { folder: string; digest: string };

/** The committed `models` folder of this checkout. */
export function modelsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'models', 'manifest.json')) && folder !== dirname(folder))
    folder = dirname(folder);
  return join(folder, 'models');
}

/** Reads one model's entry. Throws `inference.invalid-model` with the reason. */
export function loadManifest(id: string, folder = modelsFolder()): EmbeddingModel {
  const found = listManifest(folder).find((model) => model.id === id);
  if (!found)
    throw new DomainError('inference.invalid-model', `No model "${id}" in ${folder}/manifest.json.`);
  return found;
}

/** Every model of a folder's manifest. */
export function listManifest(folder = modelsFolder()): EmbeddingModel[] {
  const parsed = Manifest.safeParse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  if (!parsed.success)
    throw new DomainError('inference.invalid-model', `models/manifest.json: ${parsed.error.message}`);
  return parsed.data.models.map((entry) => {
    const digests = JSON.stringify(entry.files.map((file) => file.sha256));
    return { ...entry, folder, digest: createHash('sha256').update(digests).digest('hex') };
  });
}

/** Checks size and SHA-256 of every file of a model; returns their absolute paths by file name. */
export function verifyModel(model: EmbeddingModel): Map<string, string> {
  const root = resolve(model.folder);
  const paths = new Map<string, string>();
  for (const file of model.files) {
    const path = resolve(root, file.path);
    if (!path.startsWith(root + sep)) {
      throw new DomainError('inference.invalid-model', `Model file ${file.path} lies outside its folder.`);
    }
    const bytes = readFileSync(path);
    if (bytes.length !== file.bytes || createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
      throw new DomainError(
        'inference.invalid-model',
        `Model file ${file.path} does not match its digest. Restore it.`,
      );
    }
    paths.set(file.path.split('/').at(-1) ?? file.path, path);
  }
  return paths;
}
