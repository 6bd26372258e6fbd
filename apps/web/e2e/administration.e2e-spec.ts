import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SECOND, twoModels } from '@belay/testing/second-model';
import type { Locator, Page } from 'playwright-core';
import {
  CHROMIUM,
  overhang,
  OWN,
  PHONE,
  seriousFindings,
  settled,
  tabTo,
  type Visit,
  visit,
} from './visit.mjs';

const CROWD = 600;
const GRANTS = 21;
const DARK_PHONE = { ...PHONE, colorScheme: 'dark' as const };
const HIDDEN = 'Kestrel';

(CHROMIUM ? describe : describe.skip)('administration on the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-admin-'));
  const source = join(folder, 'share');
  let visitor: Visit;
  let admin: Page;
  let manager: Page;
  let facilities: string;

  async function makeCollection(page: Page, name: string, files: Record<string, string>): Promise<string> {
    const made = await page.request.post('/v1/collections', { headers: OWN, data: { name, title: name } });
    const { id } = (await made.json()) as { id: string };
    for (const [path, text] of Object.entries(files)) {
      const file = { name: path, mimeType: 'application/octet-stream', buffer: Buffer.from(text) };
      await page.request.post('/v1/documents', {
        headers: OWN,
        multipart: { collection: name, path, file },
      });
    }
    await settled(page);
    return id;
  }

  beforeAll(async () => {
    mkdirSync(source);
    writeFileSync(join(source, 'parking.md'), '# Parking\n\nThe car park opens at 6.');
    writeFileSync(join(source, 'tool.exe'), 'MZ');
    visitor = await visit({
      environment: { BELAY_MODELS: twoModels(folder), BELAY_SOURCE_ROOTS: source },
    });
    admin = await visitor.signIn('admin');
    manager = await visitor.signIn('developer');
    facilities = await makeCollection(admin, 'facilities', {
      'lift.md': '# Lift\n\nThe lift carries 630 kg.',
    });
    const id = await makeCollection(manager, 'pumps', {
      'valve.md': '# Valve\n\nThe relief valve opens at 8 bar.',
      'valve.html': '<h1>Valve sheet</h1><p>The relief valve is made of brass.</p>',
      'kestrel.txt': `${HIDDEN} valve\n\nThe ${HIDDEN} valve opens at 30 bar.`,
    });
    const grant = { principal: 'person:employee', on: id };
    await manager.request.post('/v1/grants', { headers: OWN, data: grant });
    const listed = await manager.request.get('/v1/documents');
    const { documents } = (await listed.json()) as { documents: { id: string; path: string }[] };
    const secret = documents.find(({ path }) => path === 'kestrel.txt')?.id ?? '';
    const deny = { ...grant, on: secret, effect: 'deny' };
    await manager.request.post('/v1/grants', { headers: OWN, data: deny });
  }, 240_000);

  afterAll(async () => {
    await visitor?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function expectSound(page: Page, at: string): Promise<void> {
    const seen = { at, overhang: await overhang(page), found: await seriousFindings(page) };
    expect(seen).toEqual({ at, overhang: 0, found: [] });
  }

  async function choose(page: Page, collection: string): Promise<void> {
    await page.goto('/documents');
    await page.getByRole('combobox', { name: 'Collection' }).click();
    await page.getByRole('option', { name: collection }).click();
  }

  async function openSources(page: Page, collection: string): Promise<Locator> {
    await choose(page, collection);
    await page.getByRole('button', { name: 'Sources and keeping' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('For ever.').waitFor();
    return dialog;
  }

  it('a model is built, measured, changed over to, returned from and dropped, by keyboard alone', async () => {
    await admin.goto('/models');
    await admin.getByRole('article', { name: 'Generation 1' }).waitFor();
    await expectSound(admin, 'models');
    const press = async (name: string, key = 'Enter'): Promise<void> => {
      await tabTo(admin, name);
      await admin.keyboard.press(key);
    };
    await press('Installed model', 'ArrowDown');
    await admin.getByRole('option', { name: SECOND }).waitFor();
    await admin.keyboard.press('ArrowDown');
    await admin.keyboard.press('Enter');
    await press('It may find less by', 'ControlOrMeta+a');
    await admin.keyboard.type('1');
    await press('Wait for me before changing over', 'Space');
    await press('Build it');
    await admin.getByText('built, waits for you').waitFor({ timeout: 90_000 });
    await admin.getByText(/Finds .* where the model before it found .* Passed\./).waitFor();
    await expectSound(admin, 'models, measured');
    await press('Change over');
    await admin.getByRole('dialog').waitFor();
    await expectSound(admin, 'models, asked');
    await press('Search with it');
    await press('Return to it');
    await admin.getByRole('dialog').waitFor();
    await press('Search with it');
    await admin.getByRole('button', { name: `Return to it: ${SECOND}, generation 2` }).waitFor();
    await press(`Drop ${SECOND}`);
    await admin.getByRole('dialog').waitFor();
    await press('Drop it');
    await admin.getByRole('article', { name: 'Generation 2' }).waitFor({ state: 'detached' });
  }, 180_000);

  it('a folder of the server becomes a source, brings what is new there, and goes again', async () => {
    const dialog = await openSources(admin, 'facilities');
    await expectSound(admin, 'sources');
    await dialog.getByRole('textbox', { name: 'Path' }).fill('/nowhere');
    await dialog.getByRole('button', { name: 'Add source' }).click();
    await dialog.getByText(/Sources may not read that place|no such/i).waitFor();
    await dialog.getByRole('textbox', { name: 'Path' }).fill(source);
    await dialog.getByRole('button', { name: 'Add source' }).click();
    const card = dialog.getByRole('article', { name: `Source ${source}` });
    await card.getByText(/Last synced .* 2 documents/).waitFor();
    await expectSound(admin, 'sources, synced');
    writeFileSync(join(source, 'bikes.md'), '# Bikes\n\nBikes stand in the yard.');
    await card.getByRole('button', { name: `Sync ${source} now` }).click();
    await card.getByText(/Last synced .* 3 documents/).waitFor();
    await card.getByRole('button', { name: `Remove ${source}` }).click();
    await admin.getByRole('button', { name: 'Keep the documents' }).click();
    await card.waitFor({ state: 'detached' });
    await admin.keyboard.press('Escape');
    await admin.getByRole('link', { name: 'Bikes' }).waitFor();
  }, 120_000);

  it('what a rule would delete is shown before it is set; only who manages a collection sees any of it', async () => {
    const dialog = await openSources(manager, 'pumps');
    expect(await dialog.getByRole('button', { name: 'Add source' }).count()).toBe(0);
    await tabTo(manager, 'Keep them for so many days');
    await manager.keyboard.type('30');
    await manager.keyboard.press('Enter');
    await dialog.getByText('Nothing would be deleted now').waitFor();
    await expectSound(manager, 'retention');
    await tabTo(manager, 'Keep for 30 days');
    await manager.keyboard.press('Enter');
    await dialog.getByText('For 30 days after their upload').waitFor();
    await tabTo(manager, 'Keep them for ever');
    await manager.keyboard.press('Enter');
    await dialog.getByText('For ever.').waitFor();
    const reader = await visitor.signIn('employee');
    await choose(reader, 'pumps');
    await reader.getByRole('link', { name: 'Valve', exact: true }).waitFor();
    expect(await reader.getByRole('columnheader').allInnerTexts()).toEqual(['Title', 'Place', 'State']);
    expect(await reader.getByRole('button', { name: /Share|Sources/ }).count()).toBe(0);
    await reader.goto('/models');
    await reader.getByText('This page is for administrators.').waitFor();
    await reader.goto('/nowhere');
    await reader.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await expectSound(reader, 'no page');
    await reader.context().close();
  }, 120_000);

  it('readers of what a whole company may read come page by page, found by name, also on a phone', async () => {
    for (let from = 0; from < CROWD; from += 300) {
      const people = Array.from({ length: 300 }, (_, index) => {
        const name = `worker-${String(from + index).padStart(4, '0')}`;
        return { line: index + 1, name, displayName: `Worker ${from + index}` };
      });
      const imported = await admin.request.post('/v1/people/import', { headers: OWN, data: { people } });
      expect(imported.status()).toBe(200);
    }
    for (let index = 0; index < GRANTS; index += 1) {
      const principal = `person:worker-${String(index).padStart(4, '0')}`;
      await admin.request.post('/v1/grants', { headers: OWN, data: { principal, on: facilities } });
    }
    await admin.goto('/people');
    await admin.getByText(/^6\d\d people$/).waitFor();
    expect(await admin.getByRole('switch').count()).toBe(20);
    const phone = await visitor.signIn('admin', DARK_PHONE);
    await choose(phone, 'facilities');
    await phone.getByRole('button', { name: 'Share collection' }).click();
    const dialog = phone.getByRole('dialog');
    const grants = dialog.getByRole('table', { name: 'Grants' }).getByRole('row');
    await dialog.getByRole('button', { name: `Show ${GRANTS - 19} more of ${GRANTS + 1} grants` }).waitFor();
    expect(await grants.count()).toBe(20);
    const find = dialog.getByRole('searchbox', { name: 'Find a grant' });
    await find.fill('Worker 19');
    await dialog.getByText(`1 of ${GRANTS + 1} grants for that name`).waitFor();
    await grants.getByRole('button', { name: 'Take back that Worker 19 may read' }).click();
    await dialog.getByText('No grants for that name').waitFor();
    await dialog.getByRole('combobox', { name: 'Person, group or role' }).fill('worker 19');
    await phone.getByRole('option', { name: 'Worker 199' }).waitFor();
    await phone.keyboard.press('ArrowDown');
    await phone.locator('[data-combobox-selected]').waitFor();
    await expectSound(phone, 'people to share with');
    await phone.keyboard.press('Escape');
    const readers = dialog.getByRole('region', { name: 'Who can read this and why' });
    await dialog.getByRole('combobox', { name: 'Person, group or role' }).fill('every');
    await phone.getByRole('option', { name: 'everyone' }).click();
    await dialog.getByRole('button', { name: 'Add' }).click();
    await grants.first().getByText('everyone').waitFor();
    expect(await find.inputValue()).toBe('');
    await readers.getByText(/^6\d\d people$/).waitFor();
    expect(await readers.locator('b').count()).toBe(50);
    await readers.getByRole('button', { name: 'Show more people' }).click();
    await readers.locator('b').nth(99).waitFor();
    await expectSound(phone, 'sharing');
    await readers.getByRole('searchbox', { name: 'Find a reader' }).fill('worker 599');
    await readers.getByText('1 person', { exact: true }).waitFor();
    await readers.getByText('Worker 599').waitFor();
    await readers.getByRole('searchbox').fill('nobody of that name');
    await readers.getByText('No people of that name.').waitFor();
    await phone.context().close();
  }, 180_000);

  it('law-1: search is filtered and counted over what one may read', async () => {
    const shown = async (page: Page): Promise<string> => {
      await page.goto('/search?q=valve&collection=pumps');
      await page.getByRole('list', { name: 'Results' }).waitFor();
      return page.locator('main').innerText();
    };
    expect(await shown(manager)).toContain(HIDDEN);
    const reader = await visitor.signIn('employee');
    const text = await shown(reader);
    expect(text).not.toContain(HIDDEN);
    expect(text).not.toContain('TXT');
    await expectSound(reader, 'search');
    await tabTo(reader, 'HTML');
    await reader.keyboard.press('Space');
    await reader.waitForURL(/type=/);
    await reader.getByText('in 1 document').waitFor();
    await reader.goBack();
    await reader.getByText('in 2 documents').waitFor();
    const results = reader.getByRole('list', { name: 'Results' }).getByRole('link');
    await results.first().focus();
    await reader.keyboard.press('ArrowDown');
    await reader.keyboard.press('Enter');
    await reader.locator('mark').first().waitFor();
    const phone = await visitor.signIn('employee', DARK_PHONE);
    await phone.goto('/search?q=xyzzy');
    await phone
      .getByText('No document that you may read contains “xyzzy”; these are the nearest in meaning.')
      .waitFor();
    await expectSound(phone, 'search for what is nowhere');
    expect(await shown(phone)).not.toContain(HIDDEN);
    await phone.getByRole('button', { name: 'Filters' }).click();
    await phone.getByRole('dialog').getByRole('checkbox', { name: 'HTML' }).waitFor();
    await expectSound(phone, 'filters');
    await reader.context().close();
    await phone.context().close();
  }, 120_000);

  it('the ledger is searched, verified, proven and exported, and keeps what others asked to them', async () => {
    await manager.request.post('/v1/answers', {
      headers: OWN,
      data: { question: `When does ${HIDDEN} open?` },
    });
    await admin.goto('/audit');
    await admin.getByRole('textbox', { name: 'What', exact: true }).fill('answer');
    await admin.getByRole('button', { name: 'Search' }).click();
    await admin.waitForURL(/type=answer/);
    await admin
      .getByText(/^answer [0-9a-f]{8}…$/)
      .first()
      .waitFor();
    await tabTo(admin, 'Verify the ledger');
    await admin.keyboard.press('Enter');
    await admin.getByText('The ledger is whole').waitFor();
    await expectSound(admin, 'audit');
    await admin
      .getByRole('button', { name: /^Open leaf/ })
      .first()
      .click();
    const dialog = admin.getByRole('dialog');
    await dialog.getByText('It belongs to the person, so it is not shown.').waitFor();
    await dialog.getByRole('button', { name: 'Prove that it is in the tree' }).click();
    await dialog.getByRole('region', { name: 'Proof' }).waitFor();
    await expectSound(admin, 'proof');
    await admin.keyboard.press('Escape');
    const download = admin.waitForEvent('download');
    await admin.getByRole('link', { name: 'Export JSONL' }).click();
    const exported = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split('\n');
    const leaves = exported.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(leaves.length).toBeGreaterThan(0);
    expect(exported.join('')).not.toContain(HIDDEN);
    const { foreign, complaints } = visitor;
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  }, 120_000);
});
