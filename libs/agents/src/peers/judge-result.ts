import { isDeeperThan, type ToolContract } from '@belay/contracts';
import { checkOf } from '../contracts/known-schemas.js';
import { type CallOutcome, needsInput } from './call-outcome.js';

type Result = Readonly<Record<string, unknown>>;
const MOST_DEPTH = 100;

/**
 * What a result is by the contract alone: what the server says of its own schemas is not asked. Whatever value is there
 * counts, `null`, `0`, `false` and an empty text too.
 */
export function judgeResult(contract: ToolContract, result: Result, wantsInput: boolean): CallOutcome {
  if (result['isError'] === true) {
    return wantsInput
      ? needsInput()
      : { kind: 'refused', reason: 'The server answers that it did not do it.' };
  }
  const found = valueOf(contract.output.from ?? 'structured', result);
  if ('problem' in found) return isTask(result) ? needsInput() : { kind: 'invalid', reason: found.problem };
  return judgeValue(contract, found.value);
}

function judgeValue({ output }: ToolContract, value: unknown): CallOutcome {
  if (isDeeperThan(value, MOST_DEPTH))
    return { kind: 'invalid', reason: `The result is nested deeper than ${MOST_DEPTH} levels.` };
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > output.maxBytes)
    return {
      kind: 'invalid',
      reason: `The result has ${bytes} bytes; the contract allows ${output.maxBytes}.`,
    };
  const rule = checkOf(output.schema, 'output schema').brokenRule(value);
  return rule === undefined
    ? { kind: 'result', value }
    : {
        kind: 'invalid',
        reason: `The result is not as the contract says: see ${rule} of its output schema.`,
      };
}

function valueOf(
  from: 'structured' | 'json' | 'text',
  result: Result,
): { value: unknown } | { problem: string } {
  if (from === 'structured') {
    return 'structuredContent' in result
      ? { value: result['structuredContent'] }
      : { problem: 'The result has no structured content. The contract may take its text: set output.from.' };
  }
  const text = textOf(result);
  if (text === undefined) return { problem: 'The result has no text.' };
  if (from === 'text') return { value: { text } };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { problem: 'The text of the result is not JSON.' };
  }
}

// Pictures, sounds and links beside the text are left out.
function textOf({ content }: Result): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = (content as unknown[]).flatMap((block) => {
    const { type, text } = (block ?? {}) as { type?: unknown; text?: unknown };
    return type === 'text' && typeof text === 'string' ? [text] : [];
  });
  return texts.length > 0 ? texts.join('\n') : undefined;
}

const isTask = (result: Result): boolean => typeof result['task'] === 'object' && result['task'] !== null;
