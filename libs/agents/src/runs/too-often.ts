import { findLoop } from '../bounds/loop-detection.js';
import type { Holds } from './bounds.js';
import type { PreparedStep } from './prepare-step.js';

/** Why a run may not make a call after its others, in words; undefined where it may. */
export function whyTooOften(
  holds: Holds,
  { contract: { document }, callDigest }: PreparedStep,
  others: readonly { readonly contract: string | null; readonly callDigest: string | null }[],
): string | undefined {
  const calls = others.flatMap((other) => other.callDigest ?? []);
  const loop = holds('loop') ? findLoop(calls, callDigest) : undefined;
  if (loop !== undefined || !holds('budget')) return loop;
  const alike = others.filter(({ contract }) => contract === document.contract).length;
  if (alike < document.budget.maxPerRun) return undefined;
  return `A run may call ${document.contract} ${document.budget.maxPerRun} times.`;
}
