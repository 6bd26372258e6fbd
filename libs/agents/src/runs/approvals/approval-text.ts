import { randomBytes, randomUUID } from 'node:crypto';
import type { ApprovalText, HoldReason } from '@belay/contracts';
import { canonicalJson, digestOf } from '../../contracts/canonical-json.js';
import type { ApprovalRecord, NewApproval } from './approval.repository.js';
import type { PreparedStep } from '../prepare-step.js';
import type { RunRecord } from '../run-records.js';
import { type Foreseen, wayBackOf } from '../undo/way-back.js';

const FORESEEN: readonly Foreseen[] = ['sure', 'if-there', 'final'];

/** What two approvals of the same step have apart. */
interface Occasion {
  readonly expires: string;
  readonly nonce: string;
}

/** Exactly what is asked for: the same step, contract, arguments and circumstances give the same bytes. */
export function approvalText(
  { tenant, run }: { tenant: number; run: RunRecord },
  step: PreparedStep,
  reasons: readonly HoldReason[],
  { expires, nonce }: Occasion,
): string {
  const { document, digest, name } = step.contract;
  const text: ApprovalText = {
    v: 1,
    tenant,
    requester: run.requesterName,
    run: run.run,
    step: step.id,
    contract: name,
    title: document.title,
    contractDigest: digest,
    definitionDigest: document.tool.definitionDigest,
    effect: document.effect.class,
    arguments: step.arguments,
    sinks: [...step.judgement.sinks],
    reasons: [...reasons],
    blast: {
      resource: document.effect.blast.resource,
      items: step.items,
      perDay: document.effect.blast.perDay,
    },
    wayBack: step.wayBack,
    preview: step.previewDigest,
    expires,
    nonce,
  };
  return canonicalJson(text);
}

/** An approval to ask for. */
export function askApproval(
  of: { tenant: number; run: RunRecord },
  step: PreparedStep,
  reasons: readonly HoldReason[],
): NewApproval {
  const { approval } = step.contract.document;
  const expires = new Date(Date.now() + approval.expiresMinutes * 60_000);
  const text = approvalText(of, step, reasons, {
    expires: expires.toISOString(),
    nonce: randomBytes(16).toString('hex'),
  });
  return {
    id: randomUUID(),
    run: of.run.run,
    step: step.id,
    requester: of.run.requester,
    text,
    digest: textDigest(text),
    approvers: approval.approvers,
    separation: approval.separation,
    readers: step.readers === null ? null : [...step.readers],
    documents: [...step.documents],
    expires,
  };
}

/** The digest of a canonical text: of its bytes in UTF-8. */
export function textDigest(text: string): string {
  return digestOf(JSON.parse(text));
}

/** A step with what its approval says of its way back, where that is one of what can be known of it. */
export function asSaid(step: PreparedStep, approval: Pick<ApprovalRecord, 'text'> | undefined): PreparedStep {
  const { document } = step.contract;
  if (!approval?.text || !document.snapshot) return step;
  const { wayBack } = JSON.parse(approval.text) as ApprovalText;
  const isPossible = FORESEEN.some((foreseen) => wayBackOf(document, step.undo, foreseen) === wayBack);
  return isPossible ? { ...step, wayBack } : step;
}

/** Whether a granted text is what the step is now; drift, an edit or another circumstance makes it another text. */
export function stillSays(
  granted: string,
  of: { tenant: number; run: RunRecord },
  step: PreparedStep,
  reasons: readonly HoldReason[],
): boolean {
  const { expires, nonce } = JSON.parse(granted) as Occasion;
  return approvalText(of, step, reasons, { expires, nonce }) === granted;
}
