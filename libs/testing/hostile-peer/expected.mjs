/**
 * What a call of each behaviour comes to, whatever the server wants: the kind of its outcome, and how many effects its
 * server may have had. `patient` ones are given time to answer; for the others a short one must do.
 */
const one = { effects: 1 };
const none = { effects: 0 };
export const EXPECTED = {
  honest: { kind: 'result', patient: true, ...one },
  'ends-when-asked-for-the-later-era': { kind: 'result', patient: true, ...one },
  hang: { kind: 'unknown', ...one },
  'byte-drip': { kind: 'unknown', ...one },
  'ends-mid-call': { kind: 'unknown', patient: true, ...one },
  'progress-flood': { kind: 'unknown', patient: true, ...one },
  'progress-forever': { kind: 'unknown', ...one },
  'late-reply-after-cancel': { kind: 'unknown', ...one },
  'long-line': { kind: 'unknown', patient: true, ...one },
  'endless-line': { kind: 'unknown', patient: true, ...one },
  'invalid-json': { kind: 'unknown', ...one },
  'wrong-id': { kind: 'unknown', ...one },
  'wrong-type-of-id': { kind: 'result', patient: true, ...one },
  'method-of-number': { kind: 'result', patient: true, ...one },
  'endless-depth': { kind: 'unknown', ...one },
  'answers-twice': { kind: 'result', patient: true, ...one },
  'violates-schema': { kind: 'invalid', patient: true, ...one },
  'more-than-asked': { kind: 'invalid', patient: true, ...one },
  'falsy-null': { kind: 'result', patient: true, output: {}, ...one },
  'falsy-zero': { kind: 'result', patient: true, output: {}, ...one },
  'falsy-false': { kind: 'result', patient: true, output: {}, ...one },
  'falsy-text': { kind: 'result', patient: true, output: {}, ...one },
  'too-large-for-contract': { kind: 'invalid', patient: true, ...one },
  'deep-result': { kind: 'invalid', patient: true, output: {}, ...one },
  'no-structured-content': { kind: 'invalid', patient: true, ...one },
  'no-content': { kind: 'invalid', patient: true, ...one },
  'content-of-numbers': { kind: 'invalid', patient: true, ...one },
  'two-pages': { kind: 'invalid', patient: true, ...one },
  'loosens-schema-in-flight': { kind: 'invalid', patient: true, ...one },
  'says-error': { kind: 'refused', patient: true, ...none },
  'error-internal': { kind: 'unknown', patient: true, ...one },
  'error-arguments': { kind: 'refused', patient: true, ...none },
  'answers-with-task': { kind: 'needs-input', patient: true, ...none },
  'demands-sampling': { kind: 'needs-input', patient: true, ...none },
  'demands-elicitation': { kind: 'needs-input', patient: true, ...none },
  'demands-roots': { kind: 'needs-input', patient: true, ...none },
  'demands-url': { kind: 'needs-input', patient: true, ...none },
  'demands-and-does': { kind: 'result', patient: true, ...one },
  'list-changed-flood': { kind: 'not-sent', patient: true, ...none },
  'always-changing': { kind: 'not-sent', patient: true, ...none },
  'endless-pagination': { kind: 'not-sent', patient: true, ...none },
  'deep-schema': { kind: 'drift', patient: true, ...none },
  'remote-ref': { kind: 'drift', patient: true, ...none },
  'redos-pattern': { kind: 'drift', patient: true, ...none },
  'duplicate-names': { kind: 'drift', patient: true, ...none },
  'half-a-surrogate': { kind: 'drift', patient: true, ...none },
  'tool-gone': { kind: 'drift', patient: true, ...none },
  'poisoned-description': { kind: 'drift', patient: true, ...none },
  'ignores-sigterm': { kind: 'result', patient: true, ...one },
  'forks-grandchildren': { kind: 'result', patient: true, ...one },
  'forks-without-end': { kind: 'result', patient: true, ...none },
  'takes-memory': { kind: 'unknown', patient: true, ...none },
  'children-take-memory': { kind: 'unknown', patient: true, ...none },
  'fills-disk': { kind: 'result', patient: true, ...none },
  'reads-environment': { kind: 'result', patient: true, ...none },
  'opens-sockets': { kind: 'result', patient: true, ...none },
};

const SHORT_MS = 1500;
const LONG_MS = 60_000;
const DONE = {
  type: 'object',
  properties: { done: { type: 'string' } },
  required: ['done'],
  additionalProperties: false,
};

/** What the hostile server says of its tool where it behaves, as a contract pins it. */
export const DEFINITION = {
  name: 'act',
  description: 'Does it',
  inputSchema: { type: 'object', properties: { key: { type: 'string' } } },
  outputSchema: { type: 'object', properties: { done: { type: 'string' } }, required: ['done'] },
};

/** The document of a contract for one behaviour of it in one era, whose effects are told apart by `mount`. */
export function hostileContract({ artifact, integrity, entry }, era, behaviour, mount) {
  const { patient = false, output = DONE } = EXPECTED[behaviour] ?? { patient: true };
  const timeoutMs = patient ? LONG_MS : SHORT_MS;
  return {
    contract: 'hostile.act',
    version: '1.0.0',
    title: 'Act',
    description: 'Does it.',
    peer: {
      id: 'hostile',
      transport: 'stdio',
      artifact,
      integrity,
      entry,
      args: [era, behaviour, '/data'],
      mounts: [{ name: mount, path: '/data', mode: 'rw' }],
    },
    tool: { name: 'act', definitionDigest: `sha256:${'0'.repeat(64)}` },
    input: {
      schema: { type: 'object', properties: { key: { type: 'string' } }, additionalProperties: false },
    },
    output: { schema: output, maxBytes: 65_536 },
    effect: { class: 'compensable', blast: { resource: 'hostile', maxItems: 1, perDay: 1000 } },
    idempotency: { mode: 'key', argument: '/key' },
    limits: { rate: { calls: 1000, per: 'second' }, burst: 100, concurrency: 10, timeoutMs },
    budget: { cost: 1, maxPerRun: 100 },
    approval: { when: 'tainted' },
    dryRun: { mode: 'simulate' },
  };
}
