import { z } from 'zod';
import { Name, PrincipalRef, ResourceRef } from './principals.js';

export const Effect = z.enum(['allow', 'deny']);
export type Effect = z.infer<typeof Effect>;

export const GrantRequest = z.object({
  principal: PrincipalRef,
  on: ResourceRef,
  effect: Effect.default('allow'),
  expires: z.iso.datetime({ offset: true }).optional(),
});
export type GrantRequest = z.infer<typeof GrantRequest>;
export const RevokeRequest = GrantRequest.pick({ principal: true, on: true, effect: true });
export type RevokeRequest = z.infer<typeof RevokeRequest>;
export const InheritanceRequest = z.object({ on: ResourceRef, inherits: z.boolean() });

/** One grant as it stands on a scope; `from` names where it is written when it is inherited. */
export const GrantView = z.object({
  principal: PrincipalRef,
  displayName: z.string(),
  effect: Effect,
  expires: z.string().nullable(),
  on: z.string(),
  inherited: z.boolean(),
  expired: z.boolean(),
});
export type GrantView = z.infer<typeof GrantView>;

/** The permissions of one resource. Who may read it because of them comes page by page. */
export const AccessView = z.object({
  on: z.string(),
  kind: z.enum(['collection', 'folder', 'document']),
  inherits: z.boolean(),
  grants: z.array(GrantView),
});
export type AccessView = z.infer<typeof AccessView>;

/** People who may read a resource, by short name, and the grant that lets them; null where it ended just now. */
export const Readers = z.object({
  readers: z.array(
    z.object({
      person: Name,
      displayName: z.string(),
      because: z.string(),
      grant: GrantView.pick({ principal: true, displayName: true, on: true, inherited: true }).nullable(),
    }),
  ),
  total: z.number(),
  next: z.string().nullable(),
});
export type Readers = z.infer<typeof Readers>;

/** Why a person may or may not read a document: the chain of an allow, or the deny that stops them. */
export const Explanation = z.object({
  person: Name,
  displayName: z.string(),
  document: z.string(),
  readable: z.boolean(),
  reason: z.string(),
  steps: z.array(
    z.object({
      principal: PrincipalRef,
      displayName: z.string(),
      via: z.array(PrincipalRef),
      /** What those are called, in the same order. */
      viaNames: z.array(z.string()),
      effect: Effect,
      on: z.string(),
      inherited: z.boolean(),
      counts: z.boolean(),
    }),
  ),
});
export type Explanation = z.infer<typeof Explanation>;
