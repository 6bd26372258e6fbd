/** What everything that looks at the page shares: a browser on a running product, windows of people, and what is asked of each view. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { startProduct } from '../../../libs/testing/product.mjs';

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
if (!CHROMIUM) process.stderr.write('Chromium is not installed: the browser tests did not run.\n');

export const DESK = { viewport: { width: 1180, height: 760 } };
export const PHONE = { viewport: { width: 390, height: 844 } };
/** What the api wants of a request that changes something. */
export const OWN = { 'x-belay-request': '1' };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE_MS = 30_000;

/** Starts the product and a browser. `foreign` collects what a window asks of another origin, `complaints` what breaks in it. */
export async function visit(options = {}) {
  const product = await startProduct(options);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const foreign = [];
  const complaints = [];
  const open = async (window = {}) => {
    // Without motion, what is looked at is not half faded in.
    const context = await browser.newContext({
      baseURL: product.address,
      reducedMotion: 'reduce',
      ...DESK,
      ...window,
    });
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(product.address) && !/^(?:data|blob):/.test(url)) foreign.push(url);
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => complaints.push(error.message));
    return page;
  };
  return {
    product,
    browser,
    foreign,
    complaints,
    open,
    signIn: async (name, window) => {
      const page = await open(window);
      await page.goto('/');
      await page.getByRole('button', { name: `(${name})` }).click();
      await page.getByRole('textbox', { name: 'Question' }).waitFor();
      return page;
    },
    close: async () => {
      await browser.close();
      await product.stop();
    },
  };
}

/** Everything serious or critical that axe finds on a page as it stands. */
export async function seriousFindings(page) {
  // What has just changed begins to fade a frame later.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.waitForFunction(isAtRest);
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

/** In the page: whether nothing that ends by itself still moves. What is half faded in has no contrast to judge. */
function isAtRest() {
  return globalThis.document
    .getAnimations()
    .every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity);
}

/** By how many pixels a page is wider than its screen. */
export function overhang(page) {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth');
}

/** Presses Tab until what has the focus begins with a name. */
export async function tabTo(page, name) {
  const seen = [];
  for (let presses = 0; presses < 60; presses += 1) {
    const label = await page.evaluate(
      `(({ ariaLabel, labels, textContent }) => ariaLabel ?? labels?.[0]?.textContent ?? textContent ?? '')(document.activeElement)`,
    );
    if (label.startsWith(name)) return;
    seen.push(label.slice(0, 40));
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never came to "${name}": ${seen.join(', ')}`);
}

/** Waits until nothing that was uploaded is under way any more. */
export async function settled(page) {
  for (;;) {
    const { waiting } = await (await page.request.get('/v1/ingestion/progress')).json();
    if (waiting === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
