import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '@belay/testing/product';
import { writePdf } from '@belay/testing/write-pdf';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const SAMPLES = fileURLToPath(new URL('../../../samples/formats/', import.meta.url));
const FILES = ['bolts.csv', 'pump-service.xlsx', 'pump-delivery.eml', 'pump-training.pptx'];
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
const OWN = { 'x-belay-request': '1' };

interface Found {
  results: { documentId: string; versionId: string; path: string; start: number; end: number }[];
}

(CHROMIUM ? describe : describe.skip)('the reader', () => {
  let product: Product;
  let browser: Browser;
  let owner: Page;
  const contexts: BrowserContext[] = [];

  async function signIn(name: string): Promise<Page> {
    const context = await browser.newContext({ baseURL: product.address });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    await page.goto('/');
    await page.getByRole('button', { name: `Sign in as ${name}` }).click();
    await page.getByRole('textbox', { name: 'Question' }).waitFor();
    return page;
  }

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
    product = await startProduct();
    browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
    owner = await signIn('developer');
    const collection = { name: 'pumps', title: 'Pumps' };
    await owner.request.post('/v1/collections', { headers: OWN, data: collection });
    await upload('handbook.pdf', HANDBOOK);
    for (const name of FILES) await upload(name, readFileSync(SAMPLES + name));
    for (let waiting = 1; waiting > 0;) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const response = await owner.request.get('/v1/ingestion/progress');
      ({ waiting } = (await response.json()) as { waiting: number });
    }
  }, 240_000);

  afterAll(async () => {
    for (const context of contexts) await context.close();
    await browser?.close();
    await product?.stop();
  }, 60_000);

  async function find(query: string): Promise<Found['results'][number]> {
    const response = await owner.request.post('/v1/search', { headers: OWN, data: { query, limit: 1 } });
    const [first] = ((await response.json()) as Found).results;
    if (!first) throw new Error(`nothing was found for ${query}`);
    return first;
  }

  /** Opens a passage as a citation of it does, and returns what is marked. */
  async function openPassage(query: string): Promise<{ path: string; marked: string }> {
    const { documentId, versionId, path, start, end } = await find(query);
    await owner.goto(`/documents/${documentId}?version=${versionId}&start=${start}&end=${end}`);
    await owner.locator('section.reader mark').first().waitFor();
    return { path, marked: (await owner.locator('section.reader mark').allInnerTexts()).join('\n') };
  }

  it('anything-llm, open-webui: a citation of a PDF opens on its page, marked where it stands, not on page 1', async () => {
    await owner.goto('/');
    await owner
      .getByRole('textbox', { name: 'Question' })
      .fill('How many gallons of water does the Zorvik pump pump each day?');
    await owner.keyboard.press('Enter');
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
    ['the row of a table', 'bolt M8 note dry no oil', 'bolts.csv', 'Note: dry; no oil'],
    ['the row of a sheet', 'Gasket G-118 stock', 'pump-service.xlsx', 'Part: Gasket G-118; Stock: 42'],
    ['an attachment', 'how much does the crate weigh', 'pump-delivery.eml', 'The crate weighs 186 kg'],
    ['a slide', 'how many people lift the impeller', 'pump-training.pptx', 'Two people lift the impeller.'],
  ])(
    '%s is marked',
    async (_, query, path, text) => {
      const opened = await openPassage(query);
      expect(opened).toEqual({ path, marked: expect.stringContaining(text) as unknown });
      expect(await owner.locator('section.reader mark').first().isVisible()).toBe(true);
    },
    60_000,
  );

  it('law-1: the page of a passage is nobody else’s to see', async () => {
    const other = await signIn('employee');
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
    await other.getByText('There is no such document.').waitFor();
    expect(await other.locator('canvas').count()).toBe(0);
  }, 60_000);
});

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
