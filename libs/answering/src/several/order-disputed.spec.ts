import { describe, expect, it } from '@jest/globals';
import { type Disputed, orderDisputed } from './order-disputed.js';

const TODAY = '2026-11-27T12:00:00.000Z';
type Role = Disputed['role'];

function quote(role: Role, date: string | null, text = `It costs ${date}.`, isFirst = false): Disputed {
  const place = { documentId: text, versionId: text, start: 0, end: 1, sha256: '', page: null };
  const named = { title: '', collection: '', collectionId: '', quote: text, superseded: false };
  const dated = { date: date ?? '2026-11-01', dateStated: date !== null };
  return { citation: { ...place, ...named, ...dated }, role, isFirst };
}
const best = (date: string | null, text?: string): Disputed => quote('answer', date, text, true);
const other = (date: string | null, text?: string): Disputed => quote('conflicting', date, text);
const order = (...quotes: Disputed[]): [string, Role][] =>
  orderDisputed(quotes, TODAY).map(({ citation: { date, dateStated }, role }) => [
    dateStated ? date : '-',
    role,
  ]);

describe('of quotes that disagree', () => {
  it('the newest answers, and the others follow, the newest first, behind what else answers', () => {
    expect(order(best('2024-03'), other('2026-11-27'))).toEqual([
      ['2026-11-27', 'answer'],
      ['2024-03', 'conflicting'],
    ]);
    expect(order(best('2026'), other('2024'))[0]).toEqual(['2026', 'answer']);
    const years = ['2019', '2025', '2021', '2026', '2020', '2023'].map((date) => other(date));
    expect(order(best('2024'), quote('answer', null, 'Also.'), ...years)).toEqual([
      ['2026', 'answer'],
      ['-', 'answer'],
      ...['2025', '2024', '2023', '2021', '2020', '2019'].map((date) => [date, 'conflicting']),
    ]);
  });

  it('what is from a day to come answers only where nothing else is left, the soonest first', () => {
    for (const toCome of ['2026-11-28', '2026-12', '2027']) {
      expect(order(best('2024'), other(toCome))[0]).toEqual(['2024', 'answer']);
      expect(order(best(toCome), other('2024'))).toEqual([
        ['2024', 'answer'],
        [toCome, 'conflicting'],
      ]);
    }
    expect(order(best('2099'), other('2027'), other('2028'))[0]).toEqual(['2027', 'answer']);
    expect(order(best('2027'), other(null))[0]).toEqual(['-', 'answer']);
  });

  it('the order in which they were found decides nothing', () => {
    expect(order(best('2099'), other(null), other('2025'))[0]).toEqual(['2025', 'answer']);
    expect(order(best('2099'), other('2025'), other(null))[0]).toEqual(['2025', 'answer']);
  });

  it('the best answers where it does not say how old it is, or only the year of another one', () => {
    expect(order(best(null), other('2026-11-01'))[0]).toEqual(['-', 'answer']);
    expect(order(best('2026-03'), other('2026'))[0]).toEqual(['2026-03', 'answer']);
    expect(order(best('2026'), other('2026-03'))[0]).toEqual(['2026', 'answer']);
  });

  it('what says the same as the newest contradicts nothing, however old it is', () => {
    const quotes = [
      best('2025', 'It costs 60.'),
      other('2026', 'It costs 45!'),
      other('2023', 'It costs 45.'),
    ];
    expect(order(...quotes)).toEqual([
      ['2026', 'answer'],
      ['2025', 'conflicting'],
    ]);
  });

  it('law-1: without the best, what else answers is not drawn in, and one that contradicted it contradicts nobody', () => {
    const further = quote('answer', '2020', 'It costs 20 euros.');
    expect(order(further, other('2025'))).toEqual([
      ['2025', 'answer'],
      ['2020', 'answer'],
    ]);
    expect(order(other('2024'))).toEqual([['2024', 'answer']]);
    for (const left of [
      [other('2026'), other('2024')],
      [other('2024'), other('2026')],
    ])
      expect(order(...left)).toEqual([
        ['2026', 'answer'],
        ['2024', 'conflicting'],
      ]);
    expect(order(further)).toEqual([['2020', 'answer']]);
  });
});
