/** `npm run screenshots`: starts a small company and takes the pictures of docs/page.md, with every page checked by axe. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProduct } from '../../../libs/testing/product.mjs';
import { chromium } from 'playwright-core';

const TARGET = process.argv[2] ?? fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DESK = { viewport: { width: 1180, height: 760 } };
const PHONE = { viewport: { width: 390, height: 844 } };
const QUESTION = 'What is the hotel limit per night on business trips?';
const SEARCH = '/search?q=hotel%20limit%20on%20trips';

const problems = [];

async function picture(page, name) {
  await page.waitForLoadState('networkidle');
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await globalThis.axe.run()).violations);
  for (const { id, impact, nodes } of found) {
    if (impact === 'serious' || impact === 'critical')
      problems.push(`${name}: ${id} ${nodes[0]?.html.slice(0, 120)}`);
  }
  const [width, room] = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
  if (width > room) problems.push(`${name}: ${width} pixels wide on a screen of ${room}`);
  await page.screenshot({ path: join(TARGET, `${name}.png`) });
}

async function signIn(browser, product, name, options) {
  const context = await browser.newContext({ baseURL: product.address, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(`${name}: ${error.message}`));
  await page.goto('/');
  await page.getByRole('button', { name: `Sign in as ${name}` }).click();
  await page.getByRole('textbox', { name: 'Question' }).waitFor();
  return page;
}

async function asEmployee(browser, product) {
  const page = await signIn(browser, product, 'employee', DESK);
  await page.getByRole('textbox', { name: 'Question' }).fill(QUESTION);
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Answer' }).waitFor();
  await picture(page, 'answer');
  await page.getByRole('link', { name: 'Citation 1' }).first().click();
  await page.locator('mark').first().waitFor();
  await picture(page, 'reader');
  await page.goto(SEARCH);
  await page.getByRole('list', { name: 'Results' }).waitFor();
  await picture(page, 'search');
  await page.getByRole('checkbox', { name: 'PDF' }).first().click();
  await page.waitForURL(/type=/);
  await picture(page, 'search-filtered');
  await page.goBack();
  await page.goto('/search?q=hotel&until=2001-01-01');
  await page.getByText(/Nothing found/).waitFor();
  await picture(page, 'search-empty');
}

async function onPhone(browser, product) {
  const page = await signIn(browser, product, 'admin', { ...PHONE, colorScheme: 'dark' });
  await page.goto(SEARCH);
  await page.getByRole('list', { name: 'Results' }).waitFor();
  await picture(page, 'phone-search');
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.getByRole('dialog').getByText('Collection').first().waitFor();
  await picture(page, 'phone-filters');
  for (const path of ['documents', 'people', 'audit']) {
    await page.goto(`/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await picture(page, `phone-${path}`);
  }
}

async function asAdmin(browser, product) {
  const page = await signIn(browser, product, 'admin', DESK);
  await page.goto('/documents');
  await page.getByRole('table').waitFor();
  await picture(page, 'documents');
  await page
    .getByRole('button', { name: /^Share / })
    .last()
    .click();
  await page.getByRole('region', { name: 'Who can read this and why' }).waitFor();
  await picture(page, 'sharing');
  await page.goto('/people');
  await page.getByRole('table').waitFor();
  await picture(page, 'people');
  await page.goto('/audit');
  await page.getByRole('table').waitFor();
  await page.getByRole('button', { name: 'Verify the ledger' }).click();
  await page.getByText('The ledger is whole').waitFor();
  await picture(page, 'audit');
  await page
    .getByRole('button', { name: /^Open leaf [0-9]/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Prove that it is in the tree' }).click();
  await page.getByRole('region', { name: 'Proof' }).waitFor();
  await picture(page, 'audit-proof');
}

mkdirSync(TARGET, { recursive: true });
const product = await startProduct({ keep: (_, path) => /travel|code-of-conduct|vacation/.test(path) });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  for (const part of [asEmployee, asAdmin, onPhone]) {
    await part(browser, product).catch((error) => problems.push(`${part.name}: ${error.message}`));
  }
} finally {
  await browser.close();
  await product.stop();
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
