import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writePdf } from '@belay/testing/write-pdf';
import type { Page } from 'playwright-core';
import { CHROMIUM, overhang, OWN, PHONE, seriousFindings, settled, type Visit, visit } from './visit.mjs';

const SAMPLES = fileURLToPath(new URL('../../../samples/formats/', import.meta.url));
const FILES = [
  'bolts.csv',
  'pump-service.xlsx',
  'pump-delivery.eml',
  'workshop.mbox',
  'pump-training.pptx',
  'pump-scan.png',
];
const filling = (page: number): string[] => [
  `Page ${page} of the handbook is about the pump room.`,
  'Whoever enters it wears boots, and closes the door behind them.',
];
const HANDBOOK = writePdf([
  filling(1),
  filling(2),
  [...filling(3), '', 'The Zorvik pump pumps 1742 gallons of water each day.'],
  filling(4),
]);

const TRAP = `<img src=http://192.0.2.1/x.png onerror="window.hacked=1">`;
const MADE = {
  'many.csv': ['Part,Stock', ...Array.from({ length: 5000 }, (_, row) => `P${row},${row * 2}`)].join('\n'),
  'hostile.csv': `Name,Link\n${TRAP.replaceAll('"', "'")},javascript:window.hacked=1\n`,
  'hostile.eml': `Subject: ${TRAP}\nFrom: a@example.test\nContent-Type: text/plain\n\njavascript:window.hacked=1 ${TRAP}\n`,
};

interface Found {
  results: { documentId: string; versionId: string; path: string; start: number; end: number }[];
}

(CHROMIUM ? describe : describe.skip)('the reader', () => {
  let visitor: Visit;
  let owner: Page;

  async function upload(name: string, buffer: Buffer): Promise<void> {
    const multipart = {
      collection: 'pumps',
      path: name,
      file: { name, mimeType: 'application/octet-stream', buffer },
    };
    const response = await owner.request.post('/v1/documents', { headers: OWN, multipart });
    expect({ name, status: response.status() }).toEqual({ name, status: 202 });
  }

  beforeAll(async () => {
    visitor = await visit();
    owner = await visitor.signIn('developer');
    const collection = { name: 'pumps', title: 'Pumps' };
    await owner.request.post('/v1/collections', { headers: OWN, data: collection });
    await upload('handbook.pdf', HANDBOOK);
    for (const name of FILES) await upload(name, readFileSync(SAMPLES + name));
    for (const [name, text] of Object.entries(MADE)) await upload(name, Buffer.from(text));
    await settled(owner);
  }, 240_000);
  afterAll(() => visitor?.close(), 60_000);

  async function find(query: string): Promise<Found['results'][number]> {
    const response = await owner.request.post('/v1/search', { headers: OWN, data: { query, limit: 1 } });
    const [first] = ((await response.json()) as Found).results;
    if (!first) throw new Error(`nothing was found for ${query}`);
    return first;
  }

  /** Opens a quote as a citation of it does, and waits until it is marked in sight. */
  async function openQuote(path: string, quote: string, page = owner): Promise<void> {
    const documents = await owner.request.get('/v1/documents?limit=100');
    const list = (await documents.json()) as { documents: { id: string; path: string }[] };
    const id = list.documents.find((document) => document.path === path)?.id ?? '';
    const content = await owner.request.get(`/v1/documents/${id}/content`);
    const { versionId, text } = (await content.json()) as { versionId: string; text: string };
    const start = text.indexOf(quote);
    expect({ quote, isThere: start >= 0 }).toEqual({ quote, isThere: true });
    await page.goto(`/documents/${id}?version=${versionId}&start=${start}&end=${start + quote.length}`);
    await page.locator('mark').first().waitFor();
    await page.waitForFunction(isMarkInSight);
  }

  it('anything-llm, open-webui: a citation of a PDF opens on its page, marked where it stands, not on page 1', async () => {
    await owner.goto('/');
    await owner
      .getByRole('textbox', { name: 'Question' })
      .fill('How many gallons of water does the Zorvik pump pump each day?');
    await owner.keyboard.press('Enter');
    await owner.getByRole('region', { name: 'Feedback' }).waitFor();
    await owner.getByRole('link', { name: 'Citation 1' }).first().click();
    await owner.getByText('Page 3 of 4', { exact: true }).waitFor();
    const mark = owner.locator('.pdf-page mark').first();
    await mark.waitFor();
    await owner.waitForFunction(inkBelowMark);
    // The page as it was drawn has letters exactly there.
    expect(await owner.evaluate(inkBelowMark)).toBe(true);
    await owner.getByRole('button', { name: 'Next page' }).click();
    await owner.getByText('Page 4 of 4', { exact: true }).waitFor();
    await mark.waitFor({ state: 'detached' });
    await owner.getByText('Text', { exact: true }).click();
    expect(await owner.locator('section.reader mark').first().innerText()).toContain('1742 gallons');
  }, 90_000);

  it.each([
    ['bolts.csv', 'Bolt: M8; Torque: 25 Nm; Note: dry; no oil', ['M8', '25 Nm', 'dry; no oil']],
    ['pump-service.xlsx', 'Part: Gasket G-118; Stock: 42', ['Gasket G-118', '42']],
  ])(
    'a row of %s is marked in its table',
    async (path, quote, cells) => {
      await openQuote(path, quote);
      expect(await owner.locator('mark').allInnerTexts()).toEqual(cells);
      const cited = owner.locator('tr[data-cited]');
      expect((await cited.locator('td').allInnerTexts()).filter(Boolean)).toEqual(cells);
      await owner.getByText('Text', { exact: true }).click();
      await owner.locator('p mark').first().waitFor();
      expect(await owner.locator('mark').innerText()).toBe(quote);
    },
    60_000,
  );

  it('of a sheet with many rows, those around the cited one are shown first, and the others on demand', async () => {
    await openQuote('many.csv', 'Part: P2500; Stock: 5000');
    expect(await owner.getByRole('row').count()).toBeLessThan(300);
    await owner.getByRole('button', { name: 'Show 500 rows before these' }).click();
    await owner.getByRole('cell', { name: 'P2000', exact: true }).waitFor();
  }, 60_000);

  it('slides carry their number, messages their head, attachments their name', async () => {
    await openQuote('pump-training.pptx', 'Bolt: M10; Torque: 49 Nm');
    const slide = owner.getByRole('region', { name: 'Slide 2' });
    await slide.getByText('Slide 2 of 2').waitFor();
    expect(await slide.locator('mark').innerText()).toBe('Bolt: M10; Torque: 49 Nm');
    await openQuote('workshop.mbox', 'The forklift needs a new battery.');
    const message = owner.getByRole('article').filter({ has: owner.locator('mark') });
    await message.getByText('From: Jonas Lund').waitFor();
    expect(await message.innerText()).not.toContain('Ines Prado <ines@example.test>\nTo: Workshop');
    await openQuote('pump-delivery.eml', 'The crate weighs 186 kg');
    await owner.getByRole('img', { name: 'Attachment' }).waitFor();
  }, 60_000);

  it('what OCR read is marked on the picture', async () => {
    await openQuote('pump-scan.png', 'The relief valve opens at 8 bar.');
    expect(await owner.evaluate(inkBelowMark)).toBe(true);
  }, 60_000);

  it.each(['bolts.csv', 'pump-training.pptx', 'workshop.mbox'])(
    '%s fits a phone in the dark',
    async (path) => {
      const phone = await visitor.signIn('developer', { ...PHONE, colorScheme: 'dark' });
      await openQuote(
        path,
        path === 'bolts.csv' ? 'Bolt: M8' : path.endsWith('pptx') ? 'Two people' : 'bay 3',
        phone,
      );
      expect(await overhang(phone)).toBeLessThanOrEqual(0);
      expect(await seriousFindings(phone)).toEqual([]);
      await phone.context().close();
    },
    60_000,
  );

  it('what a document holds is shown, and never run or fetched', async () => {
    await openQuote('hostile.csv', 'Name: <img');
    await openQuote('hostile.eml', 'javascript:');
    expect(await owner.evaluate("'hacked' in globalThis")).toBe(false);
    const { foreign, complaints } = visitor;
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  }, 60_000);
  it('law-1: the page of a passage is nobody else’s to see', async () => {
    const other = await visitor.signIn('employee');
    const { documentId, versionId, start, end } = await find('gallons of the Zorvik pump');
    const absent = '00000000-0000-4000-8000-000000000000';
    for (const path of [
      `boxes?version=${versionId}&start=${start}&end=${end}`,
      `original?version=${versionId}`,
    ]) {
      expect((await owner.request.get(`/v1/documents/${documentId}/${path}`)).status()).toBe(200);
      const hidden = await other.request.get(`/v1/documents/${documentId}/${path}`);
      const missing = await other.request.get(`/v1/documents/${absent}/${path}`);
      expect([hidden.status(), await hidden.json()]).toEqual([404, await missing.json()]);
    }
    await other.goto(`/documents/${documentId}?version=${versionId}&start=${start}&end=${end}`);
    await other.getByText('There is no such document').waitFor();
    expect(await other.locator('canvas').count()).toBe(0);
  }, 60_000);
});

/** In the page: whether what is cited is on the screen. */
function isMarkInSight(): boolean {
  const page = globalThis as unknown as {
    innerHeight: number;
    document: { querySelector(selector: string): { getBoundingClientRect(): { top: number } } | null };
  };
  const top = page.document.querySelector('mark')?.getBoundingClientRect().top ?? -1;
  return top >= 0 && top < page.innerHeight;
}

/** In the page: whether letters are drawn below the mark. */
function inkBelowMark(): boolean {
  const page = globalThis as unknown as {
    document: { querySelector(selector: string): Element | null };
  };
  interface Element {
    width: number;
    height: number;
    getBoundingClientRect(): { left: number; top: number; width: number; height: number };
    getContext(kind: '2d'): {
      getImageData(x: number, y: number, width: number, height: number): { data: number[] };
    };
  }
  const canvas = page.document.querySelector('.pdf-page canvas');
  const mark = page.document.querySelector('.pdf-page mark')?.getBoundingClientRect();
  if (!canvas || !mark) return false;
  const frame = canvas.getBoundingClientRect();
  const scale = canvas.width / frame.width;
  const { data } = canvas
    .getContext('2d')
    .getImageData(
      Math.round((mark.left - frame.left) * scale),
      Math.round((mark.top - frame.top) * scale),
      Math.max(1, Math.round(mark.width * scale)),
      Math.max(1, Math.round(mark.height * scale)),
    );
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) {
    if ((data[at] ?? 255) < 100 && (data[at + 3] ?? 0) > 200) dark += 1;
  }
  return dark > 50;
}
