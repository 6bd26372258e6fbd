import { z } from 'zod';

/** What a gate measured: nDCG@10 of the active model and of the one that would take its place. Aggregates only. */
export const GateFigures = z.object({
  /** `known-items`: sentences of the indexed passages, by vectors alone. Else the name of an evaluation set. */
  measuredOn: z.string().min(1).max(200),
  queries: z.number().int().min(0),
  active: z.number().min(0).max(1),
  candidate: z.number().min(0).max(1),
});
export type GateFigures = z.infer<typeof GateFigures>;

/** One embedding generation. `filled` of `total` passages have a vector in it. */
export const Generation = z.object({
  id: z.number(),
  model: z.string(),
  digest: z.string(),
  dimension: z.number(),
  state: z.enum(['building', 'active', 'standby']),
  filled: z.number(),
  total: z.number(),
  margin: z.number(),
  gate: z.enum(['known-items', 'dataset']),
  hold: z.boolean(),
  figures: GateFigures.nullable(),
  /** Whether the figures allow a cut-over; null where there are none yet. */
  passed: z.boolean().nullable(),
  problem: z.string().nullable(),
  createdAt: z.string(),
  activatedAt: z.string().nullable(),
});
export type Generation = z.infer<typeof Generation>;

/** An installed model that a generation can be built with. */
export const InstalledModel = z.object({ id: z.string(), dimension: z.number(), licence: z.string() });
export type InstalledModel = z.infer<typeof InstalledModel>;
export const Generations = z.object({ generations: z.array(Generation), models: z.array(InstalledModel) });
export type Generations = z.infer<typeof Generations>;

export const NewGeneration = z.object({
  model: z.string().min(1).max(100),
  /** How much nDCG@10 the new model may lose against the active one. */
  margin: z.number().min(0).max(1).default(0.02),
  gate: z.enum(['known-items', 'dataset']).default('known-items'),
  /** Whether a passed gate waits for an administrator instead of cutting over. */
  hold: z.boolean().default(false),
});
export type NewGeneration = z.infer<typeof NewGeneration>;

export const CutOver = z.object({ force: z.boolean().default(false) });
export type CutOver = z.infer<typeof CutOver>;
