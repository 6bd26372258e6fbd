import type { PlanNode } from '@belay/contracts';
import type { JsonSchema } from '../contracts/json-schema.js';

/** A tool that a planner may propose to call, in our words. */
export interface OfferedContract {
  readonly contract: string;
  readonly title: string;
  readonly description: string;
  readonly effect: string;
  readonly input: JsonSchema;
}

/** What a planner is shown of a run. */
export interface PlannerView {
  readonly task: string;
  readonly contracts: readonly OfferedContract[];
  readonly steps: readonly { readonly id: string; readonly state: string; readonly result: unknown }[];
}

/**
 * Proposes what to do next; nothing where it is done. What it says is as untrusted as the text that it read: each
 * step is judged by its contract, and a literal counts as the person's only where the person said it.
 */
export interface Planner {
  next(view: PlannerView): Promise<readonly PlanNode[]>;
}
