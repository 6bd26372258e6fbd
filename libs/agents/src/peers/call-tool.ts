import type { ToolContract } from '@belay/contracts';
import { tokensOf } from '../contracts/schema-at.js';
import type { Definition } from '../contracts/pinned-definition.js';
import { type CallOutcome, needsInput } from './call-outcome.js';
import { judgeResult } from './judge-result.js';
import type { Exchange } from './exchange.js';
import type { PeerConnection } from './peer-connection.js';

/** One call of a tool, decided by everything that bounds it. */
export interface ToolCall {
  /** For whom the server runs, as "tenant:person": nobody else's calls reach the same process. */
  readonly holder: string;
  readonly contract: ToolContract;
  /** What the contract pins. */
  readonly definition: Definition;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The same in every attempt of the same step. */
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
  /** Waited for when its server is there, before it is asked whether it may leave, or more of its answer be asked for. */
  readonly ready?: (() => Promise<void>) | undefined;
  /** Asked when its bytes are about to leave, after all that had to be waited for: whether it is still to be made. */
  readonly mayLeave?: (() => boolean) | undefined;
}

/** Where every call carries its key, whatever its contract says. */
export const KEY_META = 'org.belay/idempotencyKey';

// Text twice, once escaped within text, and what surrounds it.
const WIRE_FACTOR = 4;
const WIRE_EXTRA = 64 * 1024;
// Codes of errors with which a server says that it did not begin: no such method or tool, arguments of another shape.
const NOT_BEGUN = new Set([-32_600, -32_601, -32_602]);
const WANTS_CAPABILITY = new Set([-32_021, -32_042]);
const LOST: Readonly<Record<Extract<Exchange, { kind: 'lost' }>['why'], string>> = {
  timeout: 'The server did not answer within the time that the contract gives.',
  idle: 'The server gave no sign of working on it within the time that the contract gives.',
  cancelled: 'The call was cancelled after it had been sent.',
  closed: 'The server ended or broke the connection before it answered.',
  flooded: 'The server sent a flood of messages that nobody asked for, and was ended.',
  folders: 'The server filled its folders with more than they may hold, and was ended.',
  memory: 'The server took more memory than its contract gives, and was ended.',
  unreadable: 'The server sent a message that cannot be read, and was ended.',
  'too-large': 'The server sent a message larger than the contract allows, and was ended.',
};

/** Sends a call over an open connection and says what is known afterwards. Never throws. */
export async function callTool(connection: PeerConnection, call: ToolCall): Promise<CallOutcome> {
  const { contract, key, signal, mayLeave, ready } = call;
  const { timeoutMs, idleMs } = contract.limits;
  const demands = connection.demands;
  const params = { name: contract.tool.name, arguments: withKey(call), _meta: { [KEY_META]: key } };
  await ready?.();
  const bytes = contract.output.maxBytes * WIRE_FACTOR + WIRE_EXTRA;
  const exchange = await connection.exchange('tools/call', params, {
    totalMs: timeoutMs,
    idleMs,
    bytes,
    signal,
    mayLeave,
    ready,
  });
  const wantsInput = connection.demands > demands;
  if (exchange.kind !== 'answer') return withoutAnswer(exchange, wantsInput, call);
  const outcome = judgeResult(contract, exchange.result, wantsInput);
  if (outcome.kind !== 'result' || !connection.repeatsSecret(outcome.value)) return outcome;
  return {
    kind: 'invalid',
    reason: 'The result repeats a secret that the server was given, and is not taken over.',
  };
}

function withoutAnswer(
  exchange: Exclude<Exchange, { kind: 'answer' }>,
  wantsInput: boolean,
  call: ToolCall,
): CallOutcome {
  switch (exchange.kind) {
    case 'not-sent':
      return {
        kind: 'not-sent',
        reason: isOver(call)
          ? 'The call was cancelled before it was sent.'
          : 'The server had ended, or could not be reached.',
      };
    case 'input':
      return needsInput();
    case 'malformed':
      return { kind: 'invalid', reason: 'The server answered in a form that is not that of MCP.' };
    case 'error':
      return wantsInput ? needsInput() : afterError(exchange.code);
    case 'lost':
      return { kind: 'unknown', reason: LOST[exchange.why] };
  }
}

const isOver = ({ signal, mayLeave }: ToolCall): boolean =>
  signal?.aborted === true || mayLeave?.() === false;

function afterError(code: number): CallOutcome {
  if (WANTS_CAPABILITY.has(code)) return needsInput();
  return NOT_BEGUN.has(code)
    ? { kind: 'refused', reason: 'The server refuses the call as it is.' }
    : { kind: 'unknown', reason: 'The server failed at it without saying how far it came.', isAnswer: true };
}

/** The arguments, with the key where the contract says that an argument carries it. */
function withKey({ contract, arguments: given, key }: ToolCall): Record<string, unknown> {
  const { mode, argument } = contract.idempotency;
  if (mode !== 'key' || argument === undefined) return { ...given };
  const root: Record<string, unknown> = structuredClone(given);
  const tokens = tokensOf(argument);
  const last = tokens.pop();
  if (last === undefined) return root;
  let node = root;
  for (const token of tokens) {
    const next = Object.hasOwn(node, token) ? node[token] : undefined;
    const inner = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : {};
    define(node, token, inner);
    node = inner;
  }
  define(node, last, key);
  return root;
}

// Not by assignment: "__proto__" is a name like any other.
const define = (node: object, name: string, value: unknown): unknown =>
  Object.defineProperty(node, name, { value, enumerable: true, writable: true, configurable: true });
