import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '@belay/testing/product';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FIRST = 'Where is the assembly point in Porto?';
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const };

(CHROMIUM ? describe : describe.skip)('conversations on the page', () => {
  let product: Product;
  let browser: Browser;

  beforeAll(async () => {
    product = await startProduct({ keep: (_, path) => /evacuation|vacation-policy\.md/.test(path) });
    browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  }, 60_000);

  async function signIn(name: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ baseURL: product.address, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto('/');
    await page.getByRole('button', { name: `Sign in as ${name}` }).click();
    await page.getByRole('textbox', { name: 'Question' }).waitFor();
    return page;
  }

  async function ask(page: Page, question: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Question' }).fill(question);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: question, exact: true }).waitFor();
    await page.getByRole('region', { name: 'Feedback' }).last().waitFor();
  }

  async function serious(page: Page): Promise<string[]> {
    await page.evaluate(AXE);
    return page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
        };
      };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => /serious|critical/.test(impact))
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
    });
  }

  it('a thread is asked on, rated, renamed, found, and erased', async () => {
    const page = await signIn('employee', PHONE);
    await page.getByRole('group', { name: 'Example questions' }).getByRole('button').first().waitFor();
    expect(await serious(page)).toEqual([]);
    await ask(page, FIRST);
    await ask(page, 'And in Halifax?');
    await page.getByText('Understood as: Where is the assembly point in Halifax?').waitFor();
    await page.getByRole('button', { name: 'Not useful' }).last().click();
    await page.getByLabel('Why, if you like').fill('Two places');
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await serious(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByRole('button', { name: `Change ${FIRST}` }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByLabel('Title').fill('Assembly');
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Find by your own words' }).fill('halifax');
    await page.getByRole('link', { name: 'Assembly' }).click();
    await page.getByRole('button', { name: 'Not useful', pressed: true }).waitFor();
    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByRole('button', { name: 'Change Assembly' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('What you ask is kept here, for you alone.').waitFor();
  }, 90_000);

  it('law-1: what is un-shared leaves an open answer and an open document by itself', async () => {
    const page = await signIn('employee');
    await ask(page, 'How many vacation days do employees get per year?');
    const reader = await page.context().newPage();
    await reader.goto(
      new URL(
        (await page.getByRole('link', { name: 'Citation 1' }).first().getAttribute('href')) ?? '',
        product.address,
      ).href,
    );
    await reader.locator('mark').first().waitFor();
    const denied = product.cli(
      'grant',
      '--to',
      'person:employee',
      '--on',
      'handbook/leave',
      '--deny',
      '--as',
      'admin',
    );
    expect(denied.status).toBe(0);
    await page.getByText('no longer available').waitFor();
    expect(await page.locator('main').innerText()).not.toContain('28 vacation days');
    await reader.locator('mark').first().waitFor({ state: 'detached' });
    expect(await reader.locator('main').innerText()).not.toContain('28 vacation days');
  }, 90_000);
});
