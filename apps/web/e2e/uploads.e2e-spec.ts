import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
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

const HOSTILE = fileURLToPath(new URL('../../../samples/formats/hostile/', import.meta.url));
const LARGEST = 200_000;
const TRAPS = ['entity-bomb.odt', 'zip-bomb.xlsx', 'password.pdf', 'program.txt'];

(CHROMIUM ? describe : describe.skip)('uploading on the page', () => {
  let visitor: Visit;
  let owner: Page;

  beforeAll(async () => {
    visitor = await visit({ environment: { BELAY_MAX_UPLOAD_BYTES: String(LARGEST) } });
    owner = await visitor.signIn('developer');
    const data = { name: 'pumps', title: 'Pumps' };
    await owner.request.post('/v1/collections', { headers: OWN, data });
  }, 180_000);
  afterAll(() => visitor?.close(), 60_000);

  async function choosePumps(page: Page): Promise<void> {
    await page.goto('/documents');
    await page.getByRole('combobox', { name: 'Collection' }).click();
    await page.getByRole('option', { name: 'Pumps' }).click();
    await page.getByRole('group', { name: 'Upload' }).waitFor();
  }

  /** Drops files on the upload box, as a file manager does. */
  async function drop(page: Page, files: { name: string; text: string }[]): Promise<void> {
    const dataTransfer = await page.evaluateHandle((dropped) => {
      const { DataTransfer, File } = globalThis as unknown as {
        DataTransfer: new () => { items: { add(file: unknown): void } };
        File: new (parts: string[], name: string) => unknown;
      };
      const transfer = new DataTransfer();
      for (const { name, text } of dropped) transfer.items.add(new File([text], name));
      return transfer;
    }, files);
    const box = page.getByRole('group', { name: 'Upload' });
    await box.dispatchEvent('dragover', { dataTransfer });
    await box.dispatchEvent('drop', { dataTransfer });
  }

  async function openUploads(page: Page, state: string): Promise<void> {
    await page.goto(`/uploads?state=${state}`);
    await page.getByRole('heading', { name: 'Uploads' }).waitFor();
    await page.getByRole('list', { name: 'Uploads' }).or(page.getByRole('status')).first().waitFor();
  }

  it('dropped files are taken, what is too large is refused at once with its reason, and can be tried again', async () => {
    await choosePumps(owner);
    await drop(owner, [
      { name: 'valves.md', text: '# Valves\n\nThe relief valve opens at 8 bar.' },
      { name: 'huge.txt', text: 'x'.repeat(LARGEST + 1) },
      { name: '.hidden.md', text: 'left out' },
    ]);
    const box = owner.getByRole('group', { name: 'Upload' });
    await box.getByText('1 of 2 uploaded').waitFor();
    await box.getByText('1 not accepted').waitFor();
    const reason = await box.getByRole('listitem').innerText();
    expect(reason).toMatch(/^huge\.txt: .*(?:large|MB|bytes)/i);
    expect(await seriousFindings(owner)).toEqual([]);
    await box.getByRole('button', { name: 'Try these again' }).click();
    await box.getByText('0 of 1 uploaded').waitFor();
    await box.getByText('1 not accepted').waitFor();
  }, 90_000);

  it('each hostile or empty file says why it failed, and the others are read', async () => {
    const files = TRAPS.map((name) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: readFileSync(HOSTILE + name),
    }));
    await choosePumps(owner);
    await owner
      .getByRole('group', { name: 'Upload' })
      .locator('input[type=file]')
      .first()
      .setInputFiles([
        ...files,
        { name: 'empty.md', mimeType: 'text/markdown', buffer: Buffer.alloc(0) },
        { name: 'seals.md', mimeType: 'text/markdown', buffer: Buffer.from('# Seals\n\nSeals last a year.') },
      ]);
    await owner.getByText('1 of 6 uploaded, ready, 5 failed').waitFor();
    await owner.getByRole('link', { name: 'What becomes of them' }).click();
    await owner.getByRole('heading', { name: 'Uploads' }).waitFor();
    await settled(owner);
    await owner.getByText('Failed (5)').click();
    const rows = owner.getByRole('list', { name: 'Uploads' }).getByRole('listitem');
    await rows.nth(4).waitFor();
    for (const row of await rows.all()) expect(await row.innerText()).toMatch(/failed[\s\S]*\./);
    expect(await seriousFindings(owner)).toEqual([]);
    await openUploads(owner, 'ready');
    await owner.getByRole('link', { name: 'Seals' }).click();
    await owner.getByText('Seals last a year.').waitFor();
  }, 120_000);

  it('a failed upload is retried and removed by keyboard alone', async () => {
    await openUploads(owner, 'failed');
    await tabTo(owner, 'Retry empty.md');
    await owner.keyboard.press('Enter');
    await settled(owner);
    await openUploads(owner, 'failed');
    await owner.getByRole('button', { name: 'Remove empty.md' }).waitFor();
    await tabTo(owner, 'Remove empty.md');
    await owner.keyboard.press('Enter');
    await owner.getByRole('dialog').waitFor();
    await tabTo(owner, 'Delete');
    await owner.keyboard.press('Enter');
    await owner.getByText(/Ledger leaf/).waitFor();
    await owner.getByText('Failed (4)').waitFor();
    await owner.goto('/documents');
    await owner.getByRole('link', { name: 'Receipts' }).click();
    const receipt = owner.getByRole('list', { name: 'Receipts' }).getByRole('listitem');
    await receipt.getByRole('button', { name: 'Verify' }).click();
    // A new leaf is under a signed checkpoint after a moment.
    while (!(await receipt.innerText()).includes('The receipt holds.')) {
      await receipt.getByRole('alert').waitFor();
      await receipt.getByRole('button', { name: 'Verify' }).click();
    }
    await receipt.getByText('Nothing of the document is left.').waitFor();
    expect(await seriousFindings(owner)).toEqual([]);
    const leaf = (await receipt.locator('code').innerText()).trim();
    const phone = await visitor.signIn('employee', { ...PHONE, colorScheme: 'dark' });
    await phone.goto('/documents/receipts');
    await phone.getByText('You have deleted nothing.').waitFor();
    await phone.getByRole('textbox', { name: 'Receipt' }).fill(leaf);
    await phone.keyboard.press('Enter');
    await phone.getByText('There is no receipt of that leaf that you may check.').waitFor();
    expect(await overhang(phone)).toBe(0);
    expect(await seriousFindings(phone)).toEqual([]);
    await phone.context().close();
  }, 90_000);

  it('fits a phone in the dark, in every state', async () => {
    const phone = await visitor.signIn('developer', { ...PHONE, colorScheme: 'dark' });
    for (const state of ['waiting', 'failed', 'ready']) {
      await openUploads(phone, state);
      expect({ state, overhang: await overhang(phone), found: await seriousFindings(phone) }).toEqual({
        ...{ state, overhang: 0, found: [] },
      });
    }
    await choosePumps(phone);
    expect(await overhang(phone)).toBe(0);
    expect(await seriousFindings(phone)).toEqual([]);
  }, 90_000);

  it('law-1: what others upload is not counted, named or to be opened', async () => {
    const other = await visitor.signIn('employee');
    await openUploads(other, 'failed');
    await other.getByText('Failed (0)').waitFor();
    await other.getByText('Nothing of yours has failed.').waitFor();
    await other.goto('/documents');
    await other.getByText('Nothing here that you may read.').waitFor();
    await other.getByRole('combobox', { name: 'Collection' }).click();
    expect(await other.getByRole('option', { name: 'Pumps' }).count()).toBe(0);
    const { foreign, complaints } = visitor;
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  }, 60_000);

  it('collections that are called alike say whose they are', async () => {
    const other = await visitor.signIn('employee');
    const data = { name: 'pumps', title: 'Pumps' };
    await other.request.post('/v1/collections', { headers: OWN, data });
    const share = { principal: 'everyone', on: 'pumps', effect: 'allow' };
    await other.request.post('/v1/grants', { headers: OWN, data: share });
    const file = {
      name: 'notes.md',
      mimeType: 'text/markdown',
      buffer: Buffer.from('Valves of the employee.'),
    };
    const multipart = { collection: 'pumps', path: 'notes.md', file };
    await other.request.post('/v1/documents', { headers: OWN, multipart });
    await settled(other);
    await owner.goto('/documents');
    await owner.getByRole('combobox', { name: 'Collection' }).click();
    await owner.getByRole('option', { name: 'Pumps (of developer)' }).waitFor();
    await owner.getByRole('option', { name: 'Pumps (of employee)' }).click();
    await owner.getByText('pumps/notes.md (of employee)').waitFor();
    expect(await seriousFindings(owner)).toEqual([]);
    await owner.goto('/search?q=valves');
    await owner.getByRole('checkbox', { name: 'Pumps (of employee)' }).waitFor();
    await owner.getByText('pumps/notes.md (of employee)').waitFor();
    await other.context().close();
  }, 60_000);
});
