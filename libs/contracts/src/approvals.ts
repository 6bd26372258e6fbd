import { z } from 'zod';
import { EffectClass, Sink } from './tool-contracts.js';

/** Why a step waits for a person, by a stable name. */
export const HoldReason = z.enum([
  'contract',
  'tainted-argument',
  'tainted-decision',
  'late-step',
  'rule-of-two',
]);
export type HoldReason = z.infer<typeof HoldReason>;

/** The reasons in words, for whoever decides. */
export const HOLD_REASONS: Readonly<Record<HoldReason, string>> = {
  contract: 'Its contract asks for an approval each time.',
  'tainted-argument': 'An argument that decides something came from text that nobody of us wrote.',
  'tainted-decision': 'Text that nobody of us wrote decided that it runs at all.',
  'late-step': 'It was added after text that nobody of us wrote had been read.',
  'rule-of-two':
    'The run has read private data and text that nobody of us wrote, and would now have an effect.',
};

export const ApprovalState = z.enum(['pending', 'granted', 'denied', 'used', 'expired', 'void']);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** What somebody is asked to allow: exactly these bytes, once, until then. */
export const Approval = z.object({
  id: z.string(),
  run: z.string(),
  step: z.string(),
  requester: z.string(),
  state: ApprovalState,
  expiresAt: z.string(),
  /** Of `text`. */
  digest: z.string(),
  /**
   * ApprovalText as canonical JSON (RFC 8785); pages render from these bytes and from nothing else. Empty once it is
   * forgotten with its run (its digest stays), or withheld.
   */
  text: z.string(),
  /** Whether the text is kept from whoever asks: they may not read a document that may be in it. */
  isWithheld: z.boolean(),
  /** The switch that stops it, in words: it cannot be allowed before that is lifted. Null where nothing does. */
  stopped: z.string().nullable(),
  approvers: z.number(),
  granted: z.array(z.string()),
  /** Who denied it, and why if they said so; null as long as nobody did, and where its text is withheld. */
  denied: z.object({ by: z.string(), reason: z.string().nullable() }).nullable().default(null),
  mayDecide: z.boolean(),
  /** Why not, in words. */
  because: z.string().nullable(),
});
export type Approval = z.infer<typeof Approval>;

/** What waits, everybody's oldest first, and how many more wait that are not shown. */
export const ApprovalPage = z.object({ approvals: z.array(Approval), notShown: z.number() });
export type ApprovalPage = z.infer<typeof ApprovalPage>;

/** What an approval says. Nothing of it may differ when the step is carried out. */
export const ApprovalText = z.strictObject({
  v: z.literal(1),
  tenant: z.number(),
  requester: z.string(),
  run: z.string(),
  step: z.string(),
  contract: z.string(),
  title: z.string(),
  contractDigest: z.string(),
  definitionDigest: z.string(),
  effect: EffectClass,
  arguments: z.unknown(),
  /** Arguments that decide something, and who could have chosen them. */
  sinks: z.array(
    z.strictObject({ at: z.string(), sink: Sink, integrity: z.enum(['system', 'user', 'untrusted']) }),
  ),
  reasons: z.array(HoldReason),
  blast: z.strictObject({ resource: z.string(), items: z.number(), perDay: z.number() }),
  wayBack: z.string().nullable(),
  /** Of what the dry run found; null where there was none. */
  preview: z.string().nullable(),
  expires: z.string(),
  nonce: z.string(),
});
export type ApprovalText = z.infer<typeof ApprovalText>;

/** A decision names the digest of what was read, so that nothing else is decided. */
export const DecideApproval = z.strictObject({
  digest: z.string(),
  decision: z.enum(['grant', 'deny']),
  reason: z.string().trim().max(500).optional(),
});
export type DecideApproval = z.infer<typeof DecideApproval>;
