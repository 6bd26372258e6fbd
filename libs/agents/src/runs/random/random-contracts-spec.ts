/** So many things may be made, or removed, in a day. */
export const PER_DAY = 100_000;
const blast = { resource: 'things', maxItems: 1, perDay: PER_DAY };
/** How things are removed, by each of them. */
export const REMOVE = {
  effect: { class: 'irreversible', blast: { ...blast, resource: 'removals' } },
  idempotency: { mode: 'natural' },
  approval: { when: 'always', separation: true },
  dryRun: { mode: 'simulate' },
};
const COMPENSABLE = {
  effect: { class: 'compensable', blast },
  approval: { when: 'tainted' },
  dryRun: { mode: 'simulate' },
  budget: { cost: 1, maxPerRun: 100 },
};
const back = (peer: string): object => ({ contract: `${peer}.remove@^1`, args: { '/id': '$result/id' } });
const KEY = { mode: 'key', argument: '/key' };
/** How things are made, by the server that makes them. */
export const MAKE: Readonly<Record<string, object>> = {
  k: { ...COMPENSABLE, idempotency: KEY, compensation: back('k') },
  p: {
    ...COMPENSABLE,
    compensation: back('p'),
    probe: { contract: 'p.find@^1', args: { '/label': '$input/label' }, found: '/things' },
  },
  i: {
    ...COMPENSABLE,
    effect: { class: 'irreversible', blast },
    idempotency: KEY,
    approval: { when: 'always', separation: true },
  },
};
