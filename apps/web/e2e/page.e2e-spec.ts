import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { CHROMIUM, seriousFindings, tabTo, type Visit, visit } from './visit.mjs';

const DOCUMENTS = new Set(['travel/travel-policy.md', 'leave/vacation-policy.md', 'code-of-conduct.pdf']);
const HOTEL = 'What is the hotel limit per night on business trips?';

(CHROMIUM ? describe : describe.skip)('the page', () => {
  let visitor: Visit;

  beforeAll(async () => {
    visitor = await visit({ keep: (_, path) => DOCUMENTS.has(path) || /travel/.test(path) });
  }, 180_000);
  afterAll(() => visitor?.close(), 60_000);

  async function ask(page: Page, question: string): Promise<string> {
    await page.goto('/');
    await page.getByRole('textbox', { name: 'Question' }).fill(question);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/answers\//);
    const answer = page.getByRole('region', { name: 'Answer' });
    await answer.waitFor();
    return answer.innerText();
  }

  it('two people ask the same and get different, cited answers', async () => {
    const employee = await visitor.signIn('employee');
    const engineer = await visitor.signIn('engineer');
    expect({ at: 'ask', found: await seriousFindings(employee) }).toEqual({ at: 'ask', found: [] });
    expect(await ask(employee, HOTEL)).toContain('SEK 1,450');
    const answer = await ask(engineer, HOTEL);
    expect(answer).toContain('SEK 1,900');
    await engineer.getByRole('button', { name: 'How this was made' }).click();
    await engineer.getByRole('button', { name: 'Make it again and compare' }).click();
    await engineer.getByText('The same answer, byte for byte.').waitFor();
    expect({ at: 'answer', found: await seriousFindings(engineer) }).toEqual({ at: 'answer', found: [] });
    await engineer.getByRole('link', { name: 'Citation 1' }).first().click();
    const mark = engineer.locator('mark').first();
    await mark.waitFor();
    expect(await mark.innerText()).toContain('SEK 1,900');
    expect({ at: 'reader', found: await seriousFindings(engineer) }).toEqual({ at: 'reader', found: [] });
    await engineer.goBack();
    await engineer.getByRole('region', { name: 'Answer' }).waitFor();
  }, 90_000);

  it('what nobody may answer is an honest word, the same as for what does not exist', async () => {
    const employee = await visitor.signIn('employee');
    const hidden = await ask(
      employee,
      'What is the hotel limit in the finance pilot of the SEK budget case 2025-014?',
    );
    const absent = await ask(employee, 'Which moon orbits the planet Kerblax?');
    expect(absent).toContain('Nothing in the documents that you may read answers this.');
    expect(hidden).not.toContain('1,650');
  }, 60_000);

  it('a PDF opens on its page', async () => {
    const page = await visitor.signIn('employee');
    await page.goto('/documents');
    await page
      .getByRole('link', { name: /code of conduct/i })
      .first()
      .click();
    await page.getByText(/^PDF, page/).click();
    await page.locator('canvas').waitFor();
  }, 60_000);

  it('what an admin un-shares, the very next question does not see', async () => {
    const admin = await visitor.signIn('admin');
    const employee = await visitor.signIn('employee');
    const question = 'How many vacation days do employees get per year?';
    expect(await ask(employee, question)).toContain('28 vacation days');
    const answered = employee.url();
    await admin.goto('/documents');
    await admin
      .getByRole('button', { name: /^Share .*vacation/i })
      .first()
      .click();
    const dialog = admin.getByRole('dialog');
    await dialog.getByRole('region', { name: 'Who can read this and why' }).waitFor();
    await dialog.getByLabel('Person, group or role').fill('person:employee');
    await admin.keyboard.press('Escape');
    if (!(await dialog.isVisible()))
      await admin
        .getByRole('button', { name: /^Share .*vacation/i })
        .first()
        .click();
    await dialog.getByLabel('Person, group or role').fill('person:employee');
    await dialog.getByText('deny', { exact: true }).last().click();
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByRole('button', { name: /^Take back that .* may not read$/ }).waitFor();
    expect({ at: 'sharing', found: await seriousFindings(admin) }).toEqual({ at: 'sharing', found: [] });
    expect(await ask(employee, question)).not.toContain('28 vacation days');
    await employee.goto(answered);
    const reopened = await employee.getByRole('region', { name: 'Answer' }).innerText();
    expect(reopened).not.toContain('28 vacation days per');
    expect(reopened).toContain('no longer available');
  }, 90_000);

  it('uploads, shows why a file failed, answers from the other, and deletes with a receipt', async () => {
    const page = await visitor.signIn('developer');
    await page.goto('/documents');
    const title = page.getByRole('textbox', { name: 'New collection' });
    const name = page.getByRole('textbox', { name: 'Its short name' });
    await title.fill('Café & tea');
    expect(await name.inputValue()).toBe('cafe-tea');
    await name.fill('Tea corner');
    await page.getByText(/^Small letters a to z/).waitFor();
    expect({ at: 'short name', found: await seriousFindings(page) }).toEqual({ at: 'short name', found: [] });
    await name.fill('tea');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing is in here yet.').waitFor();
    await page.getByText('./belay ingest FOLDER --collection tea').waitFor();
    await title.fill('Tea');
    expect(await name.inputValue()).toBe('tea-2');
    await name.fill('tea');
    await page.keyboard.press('Enter');
    await page.getByText('You already own a collection named "tea".').waitFor();
    const hostile =
      '# Zeppelin\n\nThe zeppelin hangar opens at seven.\n\n<script>window.hacked = 1</script>\n\n![x](http://192.0.2.1/x.png)\n';
    await page
      .getByRole('group', { name: 'Upload' })
      .locator('input[type=file]')
      .first()
      .setInputFiles([
        { name: 'zeppelin.md', mimeType: 'text/markdown', buffer: Buffer.from(hostile) },
        { name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 nothing') },
      ]);
    await page.getByText('ready', { exact: true }).waitFor();
    await page.getByText('failed', { exact: true }).waitFor();
    expect({ at: 'documents', found: await seriousFindings(page) }).toEqual({ at: 'documents', found: [] });
    expect(await ask(page, 'When does the zeppelin hangar open?')).toContain('opens at seven');
    await page.getByRole('link', { name: 'Citation 1' }).first().click();
    await page.locator('mark').first().waitFor();
    expect(await page.evaluate("'hacked' in globalThis")).toBe(false);
    await page.goto('/documents');
    await page.getByRole('button', { name: /^Delete Zeppelin/i }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText(/Ledger leaf/).waitFor();
    await page.goto('/documents/receipts');
    await page.getByText(/^Document of Café & tea, deleted /).waitFor();
    await page.getByText('Removed 1 passage, 1 version and its original file.').waitFor();
    await page.goto('/documents');
    expect(await ask(page, 'When does the zeppelin hangar open?')).not.toContain('opens at seven');
  }, 90_000);

  it('an admin invites a person, who sets a password and signs in', async () => {
    const admin = await visitor.signIn('admin');
    await admin.goto('/people');
    await admin.getByLabel('Short name').fill('newcomer');
    await admin.getByLabel('Full name').fill('New Comer');
    await admin.getByRole('button', { name: 'Add person' }).click();
    const link = await admin
      .getByRole('status')
      .getByText(/\/invite\?token=/)
      .first()
      .innerText();
    await admin.getByText(/^newcomer was added to no group: /).waitFor();
    // The next person begins with an empty form.
    for (const field of ['Short name', 'Full name'])
      expect(await admin.getByLabel(field).inputValue()).toBe('');
    expect({ at: 'people', found: await seriousFindings(admin) }).toEqual({ at: 'people', found: [] });
    const page = await visitor.open();
    await page.goto(link.trim());
    await page.getByLabel(/^Password/).fill('correct horse battery');
    await page.getByRole('button', { name: 'Set password and sign in' }).click();
    await page.getByRole('status').getByText('newcomer', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Go on' }).click();
    await page.getByRole('textbox', { name: 'Question' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  }, 60_000);

  it('asks and opens a citation by keyboard alone', async () => {
    const page = await visitor.signIn('employee');
    await tabTo(page, 'Question');
    await page.keyboard.type(HOTEL);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/answers\//);
    await page.getByRole('region', { name: 'Answer' }).waitFor();
    await tabTo(page, 'Citation 1');
    await page.keyboard.press('Enter');
    await page.locator('mark').first().waitFor();
  }, 60_000);

  it('nothing was asked of another origin, and no script failed', () => {
    const { foreign, complaints } = visitor;
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  });
});
