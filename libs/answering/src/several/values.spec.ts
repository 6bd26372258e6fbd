import { describe, expect, it } from '@jest/globals';
import { documentDate } from './document-date.js';
import { findDates, findNumbers, unsupportedValues } from './values.js';

describe('dates and numbers of a text', () => {
  it('reads dates as they are written in several languages', () => {
    const text =
      'From 1 January 2025, March 3rd, 2024 and 2023-12-31; am 5. Mai 2022, le 14 juillet 2021, 2 de enero de 2020, June 2019.';
    expect(findDates(text).map(({ date }) => date)).toEqual([
      '2025-01-01',
      '2024-03-03',
      '2023-12-31',
      '2022-05-05',
      '2021-07-14',
      '2020-01-02',
      '2019-06',
    ]);
    expect(findDates('2023-13-40 and 45 January 2020')).toEqual([]);
  });

  it('reads numbers however they are grouped, and spelt ones', () => {
    const text = 'It costs 1,250.00 or 1 250 or 1.250, of that 4.6 percent, twelve times; 3,5 hours.';
    expect(findNumbers(text).map(({ value }) => value)).toEqual(['1250', '1250', '1250', '4.6', '12', '3.5']);
  });

  it('finds what no quote supports', () => {
    const quotes = ['At most five days may be carried over until 30 June 2025.'];
    expect(unsupportedValues('5 days until 30 June 2025', quotes)).toEqual([]);
    expect(unsupportedValues('6 days until 30 June 2026', quotes)).toEqual([
      { value: '2026-06-30', written: '30 June 2026' },
      { value: '6', written: '6' },
    ]);
    expect(unsupportedValues('carried over in June 2025, or in 2025', quotes)).toEqual([]);
    expect(unsupportedValues('order 5550123', ['order 55501239'])).toHaveLength(1);
    const [month, code] = unsupportedValues('NSI-E9999 in July 2025?', quotes);
    expect([month?.written, code?.written]).toEqual(['July 2025', 'NSI-E9999']);
  });
});

describe('the date of a document', () => {
  it('is what it states, then a year in its title, then its upload', () => {
    const uploaded = '2026-02-03T10:00:00.000Z';
    const opening = 'Owner: People Team\n\nThis policy is valid from 1 January 2025 and applies everywhere.';
    expect(documentDate('Vacation', opening, uploaded)).toEqual({ date: '2025-01-01', stated: true });
    expect(documentDate('Vacation policy 2023', 'No date.', uploaded)).toEqual({
      date: '2023',
      stated: true,
    });
    const told = 'The office opened on 4 May 1999 with a party.';
    expect(documentDate('Offices', told, uploaded)).toEqual({ date: '2026-02-03', stated: false });
  });
});
