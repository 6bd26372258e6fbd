import { describe, expect, it } from '@jest/globals';
import type { Sentence } from '../measure-sentences.js';
import { aboutAmount, aboutRow } from './named-rows.js';

const given = (texts: readonly string[], documentId = 'tiers'): Sentence[] =>
  texts.map((text) => ({ text, passage: { documentId } }) as unknown as Sentence);
const left = (question: string, ...texts: string[]): string[] =>
  aboutRow(question, given(texts)).map(({ text }) => text);

const COAST = 'Tier: Coast; First answer: 8 hours; Price per year: EUR 1,900';
const SHORE = 'Tier: Shore; First answer: 3 days; Price per year: included';
const PROSE = 'The Coast tier costs EUR 1,900 per year.';
const ALL = 'Every tier has a contract.';

describe('aboutRow', () => {
  it('leaves out other rows of the column that is asked by, and what names only them', () => {
    expect(left('What does SLA Shore cost?', PROSE, COAST, SHORE, ALL)).toEqual([SHORE, ALL]);
    expect(left('What does SLA Shore cost?', COAST, SHORE, COAST)).toEqual([SHORE]);
    expect(left('And for the coast tier?', PROSE, COAST, SHORE, ALL)).toEqual([PROSE, COAST, ALL]);
  });

  it('leaves what several rows are asked by, and what is asked by none', () => {
    const all = [PROSE, COAST, SHORE, ALL];
    expect(left('Is Shore or Coast cheaper?', ...all)).toEqual(all);
    expect(left('Which tier is cheaper than Coast?', ...all)).toEqual(all);
    expect(left('Is there a tier for offshores?', ...all)).toEqual(all);
    expect(left('What does the Ocean tier cost?', ...all)).toEqual(all);
  });

  it('goes by what tells rows apart, not by what several have, or what else stands in them', () => {
    const rows = ['Porto', 'Halifax', 'Gothenburg', 'Oslo'].map(
      (office, at) => `Office: ${office}; Monday: ${at % 2 ? 'Open' : 'Closed'}`,
    );
    expect(left('Is the Porto office open on Monday?', ...rows)).toEqual([rows[0]]);
    const paid = [
      'Payee: Suppliers (EU); Paid: monthly',
      'Payee: Couriers; Paid: weekly',
      'Payee: Staff; Paid: daily',
    ];
    expect(left('Do suppliers get paid weekly?', ...paid)).toEqual(paid);
    const lead = ['Office: Porto; Lead: Ines Prado', 'Office: Oslo; Lead: Alva Lind'];
    expect(left('Who leads Porto, and what does Alva Lind do there?', ...lead)).toEqual([lead[0]]);
  });

  it('says nothing of other documents', () => {
    const elsewhere = given(['The Coast road is closed.'], 'roads');
    expect(aboutRow('What does Shore cost?', [...elsewhere, ...given([COAST, SHORE])])).toHaveLength(2);
  });
});

describe('aboutAmount', () => {
  const part = 'Part: Zinc block; Price: EUR 12';
  const texts = given(['The minimum order value for spare parts is EUR 40.', part, ALL, 'It is EUR 1,200.']);

  it('leaves out other amounts than the one that a thing is asked by', () => {
    const found = aboutAmount('Which spare part costs EUR 12?', texts).map(({ text }) => text);
    expect(found).toEqual([part, ALL]);
  });

  it('leaves all where nobody names that amount, or it may be held against a limit', () => {
    expect(aboutAmount('Which spare part costs EUR 13?', texts)).toEqual(texts);
    expect(aboutAmount('May I order for EUR 12?', texts)).toEqual(texts);
    const rules = given([
      'A purchase above EUR 1,000 needs the approval of the CFO.',
      'The limit of a card is EUR 5,000.',
    ]);
    expect(aboutAmount('What approval does a purchase of EUR 5,000 need?', rules)).toEqual(rules);
    expect(aboutAmount('Which purchase costs EUR 5,000?', rules)).toEqual(rules);
  });
});
