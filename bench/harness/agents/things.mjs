/** A toolkit for drills in which processes are killed: with a key, without one but with a probe, and one to approve. */
const text = (name) => ({ name, type: 'string', required: true });
const probe = (noun) => ({
  contract: `things.find-${noun}s@^1`,
  args: { '/label': '$input/label' },
  found: '/found',
});
const full = (name, parameters, more = {}) => ({
  toolkit: 'Things',
  name,
  full: `Things${name}`,
  parameters,
  ...more,
});

export const THINGS = {
  name: 'Things',
  tools: [
    full('FindThings', [text('label')], {
      recorder: { finds: 'CreateThing' },
      returns: [{ name: 'found', type: 'array' }],
    }),
    full('FindParts', [text('label')], {
      recorder: { finds: 'CreatePart' },
      returns: [{ name: 'found', type: 'array' }],
    }),
    full('CreateThing', [text('label')], { contract: { probe: probe('thing') } }),
    full('DeleteThing', [text('id')], { recorder: { removes: true } }),
    full('CreatePart', [text('label')], {
      contract: { idempotency: { mode: 'none' }, probe: probe('part') },
    }),
    full('DeletePart', [text('id')], { recorder: { removes: true } }),
    full('Announce', [text('label')]),
    full('CreateTrial', [text('label'), { name: 'dry_run', type: 'boolean', required: false }], {
      recorder: { dry: 'dry_run' },
      contract: { dryRun: { mode: 'native', argument: '/dry_run', value: true } },
    }),
    full('DeleteTrial', [text('id')], { recorder: { removes: true } }),
  ],
};

export const call = (id, contract, label) => ({
  id,
  contract: `things.${contract}@^1`,
  arguments: { label },
});

/** A plan with every kind of call, whose effects carry `label`. */
export const everyKind = (label) => [
  call('thing', 'create-thing', `${label}-thing`),
  call('part', 'create-part', `${label}-part`),
  call('look', 'find-things', `${label}-thing`),
  call('tell', 'announce', `${label}-told`),
];
