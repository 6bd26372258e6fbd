import { z } from 'zod';
import { isStorable, NOT_STORABLE } from './storable.js';

export const StepId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes');
const Range = z.string().regex(/^[a-z][a-z0-9.-]{0,200}@\^?\d{1,6}(\.\d{1,6}(\.\d{1,6})?)?$/, {
  error: 'must be a contract and version such as helpdesk.ticket.create@^1',
});
const At = z.string().max(300).default('');

/**
 * A value in place of a literal: of an earlier step's result or answer by its id, of a slot (`slots`), or of the round
 * of a loop (`round`).
 */
export const Reference = z.strictObject({ $from: z.string().max(80), at: At });
export type Reference = z.infer<typeof Reference>;

/** Whether something is as it is expected to be: exactly one of the tests. */
export const Condition = z.strictObject({
  value: Reference,
  is: z.enum(['equal', 'unequal', 'present', 'absent', 'less', 'greater', 'contains']),
  /** What it is compared with; unused by present and absent. */
  than: z.union([z.string().max(2000), z.number(), z.boolean(), z.null()]).optional(),
});
export type Condition = z.infer<typeof Condition>;

/** One call. Members of `arguments` are JSON, in which a Reference may stand anywhere for a value. */
export const PlannedCall = z.strictObject({
  id: StepId,
  contract: Range,
  arguments: z.record(z.string(), z.unknown()).default({}),
});
export type PlannedCall = z.infer<typeof PlannedCall>;

/** A question to the person whose run it is. */
export const PlannedQuestion = z.strictObject({
  id: StepId,
  ask: z.string().trim().min(1).max(300),
  type: z.enum(['text', 'number', 'yes-no', 'choice']).default('text'),
  choices: z.array(z.string().min(1).max(200)).max(50).optional(),
});
export type PlannedQuestion = z.infer<typeof PlannedQuestion>;

export interface PlannedChoice {
  readonly if: Condition;
  readonly then: readonly PlanNode[];
  readonly else?: readonly PlanNode[] | undefined;
}
export interface PlannedLoop {
  readonly each: { readonly id: string; readonly over: Reference; readonly most: number };
  readonly do: readonly PlanNode[];
}
export interface PlannedBranches {
  readonly together: readonly (readonly PlanNode[])[];
}
/** A part of a plan: a call, a question, or parts that depend, repeat or go side by side. */
export type PlanNode = PlannedCall | PlannedQuestion | PlannedChoice | PlannedLoop | PlannedBranches;

const Nodes: z.ZodType<PlanNode[]> = z.lazy(() => z.array(PlanNode).min(1).max(50));
export const PlanNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.union([
    PlannedCall,
    PlannedQuestion,
    z.strictObject({ if: Condition, then: Nodes, else: Nodes.optional() }),
    z.strictObject({
      each: z.strictObject({ id: StepId, over: Reference, most: z.number().int().min(1).max(100) }),
      do: Nodes,
    }),
    z.strictObject({ together: z.array(Nodes).min(2).max(8) }),
  ]),
);

/** What is to be done. Whoever made it is trusted with nothing: each step is judged by its contract. */
export const NewRun = z
  .union([
    /** Steps that the person wrote. */
    z.strictObject({
      title: z.string().trim().min(1).max(200),
      steps: z.array(PlanNode).min(1).max(50),
    }),
    /** A workflow of the registry, with the person's words in its slots. */
    z.strictObject({
      playbook: z.string().min(3).max(220),
      slots: z.record(StepId, z.union([z.string().max(4000), z.number(), z.boolean()])).default({}),
    }),
  ])
  .refine(isStorable, NOT_STORABLE);
export type NewRun = z.infer<typeof NewRun>;
