import { z } from 'zod';

/** What a kill switch stops: everything, or what belongs to one server, contract, person or run. */
export const KillScope = z.enum(['all', 'peer', 'contract', 'person', 'run']);
export type KillScope = z.infer<typeof KillScope>;

export const SetKill = z.strictObject({
  scope: KillScope,
  /** A server's id, a contract's name, a person's name, a run's id; absent for everything. */
  target: z.string().trim().min(1).max(220).optional(),
  reason: z.string().trim().min(1).max(500),
});
export type SetKill = z.infer<typeof SetKill>;

export const Kill = z.object({
  id: z.number(),
  scope: KillScope,
  target: z.string().nullable(),
  reason: z.string(),
  /** Null where it was set in the database itself. */
  by: z.string().nullable(),
  at: z.string(),
  liftedAt: z.string().nullable(),
});
export type Kill = z.infer<typeof Kill>;
