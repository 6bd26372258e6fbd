import { type PlanBounds, type PreviewStep, Reference, type Run } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { redacted } from '../redacted.js';
import type { RunViewRepository } from '../run-view.repository.js';
import type { DigestOf } from '../salted-digest.js';

/** A preview without what its contracts do not let pages show. */
export async function shownPreview(
  tx: Transaction,
  views: RunViewRepository,
  text: string | null,
  digestOf: DigestOf,
): Promise<Pick<Run, 'preview' | 'bounds'>> {
  const { preview, bounds } = previewOf(text);
  const names = new Set(preview?.flatMap(({ contract }) => contract ?? []));
  return { preview: redactedPreview(preview, await views.redact(tx, [...names]), digestOf), bounds };
}

/** A preview as it was kept. One that was made before all of its calls were counted says nothing of the whole. */
export function previewOf(text: string | null): Pick<Run, 'preview' | 'bounds'> {
  const made = JSON.parse(text ?? 'null') as
    { steps: PreviewStep[]; bounds: PlanBounds } | PreviewStep[] | null;
  if (made === null) return { preview: null, bounds: null };
  return Array.isArray(made) ? { preview: made, bounds: null } : { preview: made.steps, bounds: made.bounds };
}

/** Steps of a preview; a reference stays, it is no value. */
function redactedPreview(
  steps: readonly PreviewStep[] | null,
  redact: ReadonlyMap<string, readonly string[]>,
  digestOf: DigestOf,
): PreviewStep[] | null {
  if (steps === null) return null;
  return steps.map((step) => {
    const places = redact.get(step.contract ?? '') ?? [];
    const shown = (value: unknown): unknown =>
      redacted(
        value,
        places,
        (part) => (Reference.safeParse(part).success ? part : digestOf(part)) as string,
      );
    // One that was made before rounds were shown has none.
    const rounds = (step.rounds ?? []).map(shown);
    return { ...step, arguments: shown(step.arguments), rounds, dryRun: shown(step.dryRun) };
  });
}
