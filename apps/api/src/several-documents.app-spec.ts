import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { migrate } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { createServices, type Services } from './services.js';

// Questions whose answer stands in several documents: lists, comparisons, versions that disagree, and copies.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const BADGE =
  'Visitors sign in at the desk, wear a badge at all times and are fetched by the colleague who invited them. The badge is returned at the desk before they leave the building again.';

const OPEN: Record<string, string> = {
  'parking-2025.md':
    '# Parking rules\n\nThese rules are valid from 1 March 2025.\n\nEmployees may reserve 3 parking spaces per month in the north yard.',
  'bikes.md': '# Bicycles\n\nBicycles are kept in the cellar. The north yard is closed to bicycles.',
  'visitors.md': `# Visitors\n\n${BADGE}`,
  'canteen.md': '# Canteen\n\nThe canteen opens at eleven and closes at two. Soup is served on Thursdays.',
  'heron.md': '# Heron pump\n\nThe Heron pump is rated for a flow of 90 litres per minute.',
  'lunch.md':
    '# Prices of the canteen\n\nValid from 1 March 2025.\n\nA lunch in the canteen costs 60 kronor.',
  'lunch-2099.md':
    '# Prices of the canteen 2099\n\nValid from 1 January 2099.\n\nA lunch in the canteen costs 99 kronor.',
  'lunch-2023.md':
    '# Prices of the canteen 2023\n\nValid from 1 March 2023.\n\nA lunch in the canteen costs 45 kronor.',
  'rest.md': '# Rest on board\n\nPilots rest for twelve hours and mates for ten hours between two trips.',
  'post.md': '# Post room\n\nParcels are collected from the post room before noon.',
  'library.md': '# Library\n\nBooks may be borrowed for four weeks.',
  'garden.md': '# Garden\n\nThe garden is watered by the caretaker in summer.',
};
const SECRET: Record<string, string> = {
  'parking-2022.md':
    '# Parking rules 2022\n\nThese rules were valid from 1 January 2022.\n\nEmployees may reserve 5 parking spaces per month in the north yard.',
  'north-yard-sale.md': '# Sale of the yard\n\nThe north yard will be sold in autumn.',
  'visitors-copy.md': `# Visitors of the board\n\n${BADGE}`,
  'egret.md': '# Egret pump\n\nThe Egret pump is rated for a flow of 140 litres per minute.',
};

describe.each(databasesInTurn())('questions over several documents on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let insider: SignedIn;
  let outsider: SignedIn;

  const ask = (actor: SignedIn, question: string) =>
    services.answering.ask(actor, { question, sentences: 2 });
  const titles = ({ sentences }: Awaited<ReturnType<typeof ask>>) =>
    sentences.map(({ citations }) => citations[0]?.title);

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    const environment = { ...process.env, ...stack.environment, BELAY_LOG: 'info' };
    await stack.start(process.execPath, [WORKER], 'worker.ready', environment);
    services = createServices(loadConfig(stack.environment));
    await services.identity.prepareTenant(1);
    const system = { tenant: 1, person: 0 };
    const signIn = async (name: string): Promise<SignedIn> => {
      await services.identity.addPerson(system, { name, displayName: name, roles: ['member'] });
      const session = await services.sessions.signInDemo(1, name);
      return (await services.sessions.authenticate(1, { session })) as SignedIn;
    };
    insider = await signIn('ida');
    outsider = await signIn('otto');
    for (const [collection, texts] of Object.entries({ open: OPEN, secret: SECRET })) {
      await services.collections.create(insider, { name: collection, title: collection });
      for (const [path, text] of Object.entries(texts)) {
        await services.documents.accept(insider, { collection, path, bytes: Buffer.from(text) });
      }
    }
    const grant = { principal: 'everyone', on: 'open', effect: 'allow' } as const;
    await services.access.grant(insider, grant);
    for (let waiting = 1; waiting > 0;) {
      ({ waiting } = await services.documents.progress(insider, undefined));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 120_000);

  afterAll(async () => {
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('law-1: a list names and counts the documents that the asker may read', async () => {
    const question = 'Which documents mention the north yard?';
    const inside = await ask(insider, question);
    const outside = await ask(outsider, question);
    expect(titles(inside).sort()).toEqual([
      'Bicycles',
      'Parking rules',
      'Parking rules 2022',
      'Sale of the yard',
    ]);
    expect(titles(outside).sort()).toEqual(['Bicycles', 'Parking rules']);
    expect(outside.message).toBe('2 documents that you may read deal with this.');
    expect(outside.sentences.map(({ subject }) => subject)).toEqual(titles(outside));
    for (const { text, citations } of inside.sentences) expect(citations[0]?.quote).toBe(text);
  }, 60_000);

  it('law-1: a list of what may not be read is worded like a list of nothing', async () => {
    const hidden = await ask(outsider, 'Which documents mention the Egret pump?');
    const nothing = await ask(outsider, 'Which documents mention the Quetzal pump?');
    expect({ ...hidden, answerId: '', question: '', createdAt: '' }).toEqual({
      ...nothing,
      ...{ answerId: '', question: '', createdAt: '' },
    });
    expect(hidden.outcome).toBe('abstained');
  }, 60_000);

  it('law-1: a comparison says of a hidden side what it says of one that does not exist', async () => {
    const question = 'Compare the flow of the Heron pump and the Egret pump';
    const inside = await ask(insider, question);
    expect(inside.sentences.map(({ subject, text }) => [subject, /\d+ litres/.exec(text)?.[0]])).toEqual([
      ['Heron pump', '90 litres'],
      ['Egret pump', '140 litres'],
    ]);
    const outside = await ask(outsider, question);
    expect(outside.sentences.map(({ subject }) => subject)).toEqual(['Heron pump']);
    const absent = await ask(outsider, question.replace('Egret', 'Quetzal'));
    expect(outside.message.replace('Egret', 'Quetzal')).toBe(absent.message);
  }, 60_000);

  it('shows a quote that speaks of both sides of a comparison once', async () => {
    const { sentences } = await ask(insider, 'What is the difference in rest between pilots and mates?');
    expect(sentences[0]?.text).toContain('twelve hours and mates for ten hours');
    expect(new Set(sentences.map(({ text }) => text)).size).toBe(sentences.length);
    expect(sentences[0]).toMatchObject({ subject: null });
  }, 60_000);

  it('shows versions that disagree with their dates, the newer first, to whoever may read both', async () => {
    const question = 'How many parking spaces may employees reserve per month?';
    const inside = await ask(insider, question);
    const [first] = inside.sentences;
    const conflicting = inside.sentences.filter(({ role }) => role === 'conflicting');
    expect(first).toMatchObject({
      role: 'answer',
      citations: [{ title: 'Parking rules', date: '2025-03-01' }],
    });
    expect(conflicting).toMatchObject([{ citations: [{ title: 'Parking rules 2022', date: '2022-01-01' }] }]);
    expect(inside.message).toContain('Documents disagree: [1] “Parking rules” is from 2025-03-01');
    expect(await services.answering.replay(insider, inside.answerId)).toMatchObject({ matches: true });
    const outside = await ask(outsider, question);
    expect(JSON.stringify(outside)).not.toMatch(/2022|disagree/);
    expect(outside.sentences.every(({ role }) => role === 'answer')).toBe(true);
  }, 60_000);

  it('has what is valid today answer before what is from a day to come, and names all that disagree', async () => {
    const { sentences, message } = await ask(outsider, 'How much does a lunch in the canteen cost?');
    const [first, ...others] = sentences.map(({ role, text }) => [role, /\d+ kronor/.exec(text)?.[0]]);
    expect(first).toEqual(['answer', '60 kronor']);
    expect(others.sort()).toEqual([
      ['conflicting', '45 kronor'],
      ['conflicting', '99 kronor'],
    ]);
    expect(message).toContain('Documents disagree: [1] “Prices of the canteen” is from 2025-03-01');
    expect(message).toContain('“Prices of the canteen 2023” is from 2023-03-01');
    expect(message).toContain('“Prices of the canteen 2099” is from 2099-01-01 (still to come)');
  }, 60_000);

  it('law-1: a contradiction that may no longer be read is gone when the answer is reopened', async () => {
    const answer = await ask(insider, 'How many parking spaces may employees reserve per month?');
    const deny = { principal: 'person:ida', on: 'secret', effect: 'deny' } as const;
    await services.access.grant(insider, deny);
    try {
      const reopened = await services.answering.reopen(insider, answer.answerId);
      expect(reopened).toMatchObject({ withheld: 1 });
      expect(JSON.stringify(reopened)).not.toMatch(/2022|disagree/);
      expect(reopened.message).toContain('One quote is no longer available to you.');
    } finally {
      await services.access.revoke(insider, deny);
    }
  }, 60_000);

  it('law-1: copies are collapsed for each reader, after filtering', async () => {
    const request = { query: 'visitors badge desk', limit: 3, route: 'hybrid', unit: 'passage' } as const;
    const find = async (actor: SignedIn) =>
      (await services.retrieval.search(actor, { ...request, copies: 'collapse' }))
        .filter(({ text }) => text.includes('badge'))
        .map(({ title, duplicates = [] }) => [title, ...duplicates.map((copy) => copy.title)].sort());
    expect(await find(insider)).toEqual([['Visitors', 'Visitors of the board']]);
    expect(await find(outsider)).toEqual([['Visitors']]);
    const kept = await services.retrieval.search(insider, { ...request, copies: 'keep' });
    expect(kept.filter(({ text }) => text.includes('badge'))).toHaveLength(2);
  }, 60_000);

  it('law-1: a word of what may not be read is said to be nowhere, like one that is', async () => {
    const absentOf = async (actor: SignedIn, query: string): Promise<string[]> => {
      const request = { query, limit: 3, route: 'hybrid', unit: 'passage', copies: 'keep' } as const;
      const { absent, passages } = await services.retrieval.searchOutcome(actor, request);
      expect(passages).toHaveLength(3);
      return absent.map(([start, end]) => query.slice(start, end));
    };
    const query = 'Will the egrets or xyzzy be sold in the yard?';
    expect(await absentOf(insider, query)).toEqual(['xyzzy']);
    expect(await absentOf(outsider, query)).toEqual(['egrets', 'xyzzy', 'sold']);
  }, 60_000);

  it('short notes are found by other forms of their words, and their contradictions are shown', async () => {
    const notes = {
      'laptops-2025.txt': 'Laptops are replaced every 4 years',
      'laptops.txt': 'A laptop is replaced every 3 years',
    };
    await services.collections.create(insider, { name: 'notes', title: 'Notes' });
    for (const [path, text] of Object.entries(notes))
      await services.documents.accept(insider, { collection: 'notes', path, bytes: Buffer.from(text) });
    for (let waiting = 1; waiting > 0;) ({ waiting } = await services.documents.progress(insider, undefined));
    const request = { query: 'replacement of laptops', limit: 2, route: 'lexical', unit: 'passage' } as const;
    const found = await services.retrieval.search(insider, { ...request, copies: 'keep' });
    expect(found.map(({ path, language }) => [path, language]).sort()).toEqual([
      ['laptops-2025.txt', 'en'],
      ['laptops.txt', 'en'],
    ]);
    const answer = await ask(insider, 'How often are laptops replaced?');
    expect(answer.sentences.map(({ role }) => role)).toEqual(['answer', 'conflicting']);
  }, 60_000);

  it('says where the question names a year that no quote does', async () => {
    const answer = await ask(outsider, 'How many parking spaces may employees reserve per month in 2031?');
    if (answer.outcome === 'answered') {
      expect(answer.message).toContain('No quote names 2031, which the question does.');
    } else expect(answer.sentences).toEqual([]);
  }, 60_000);

  it('law-1: says that no quote holds a name, and is not sure of it, wherever else that stands', async () => {
    const question = 'How many parking spaces may employees of Egret reserve per month?';
    const answer = await ask(outsider, question);
    expect(answer.message).toMatch(/Perhaps the answer.* No quote names Egret, which the question does\./);
    const other = await ask(outsider, question.replace('Egret', 'Quetzal'));
    expect(other.message.replace('Quetzal', 'Egret')).toBe(answer.message);
    expect(await services.answering.reopen(outsider, answer.answerId)).toMatchObject({
      message: answer.message,
    });
    expect(await services.answering.replay(outsider, answer.answerId)).toMatchObject({ matches: true });
    expect(await services.answering.record(outsider, answer.answerId)).not.toHaveProperty('unnamed');
  }, 60_000);

  it('is not sure of a quote on the other side of a date than was asked about, and says so', async () => {
    const bytes = Buffer.from('# Canteen prices\n\nFrom 1 January 2024 a lunch in the canteen costs SEK 95.');
    await services.collections.create(insider, { name: 'canteen', title: 'Canteen' });
    await services.documents.accept(insider, { collection: 'canteen', path: 'prices.md', bytes });
    for (let waiting = 1; waiting > 0;) ({ waiting } = await services.documents.progress(insider, undefined));
    const question = 'What did a lunch in the canteen cost before 2024?';
    const [before, after] = [
      await ask(insider, question),
      await ask(insider, question.replace('before', 'after')),
    ];
    expect([before.outcome, after.outcome]).toEqual(['answered', 'answered']);
    expect(before.message).toMatch(/Perhaps the answer.* No quote speaks of the time before 2024\./);
    expect(before.confidence).toBeLessThanOrEqual(0.5);
    expect(after.message).not.toContain('No quote speaks');
    expect(after.confidence).toBeGreaterThan(0.5);
    expect(await services.answering.replay(insider, before.answerId)).toMatchObject({ matches: true });
  }, 60_000);
});
