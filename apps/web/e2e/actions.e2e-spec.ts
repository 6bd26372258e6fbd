import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { openFiles, openHelpdesk, plan, ticketsOf } from './helpdesk.mjs';
import { CHROMIUM, overhang, PHONE, seriousFindings, tabTo, type Visit, visit } from './visit.mjs';

const DARK_PHONE = { ...PHONE, colorScheme: 'dark' as const };
// Turns the order of what follows round, and hides an instruction in characters that nobody sees.
const HOSTILE = 'Printer \u202e detnirp \u{e0048}\u{e0049}';

(CHROMIUM ? describe : describe.skip)('actions on the page', () => {
  let visitor: Visit;
  let employee: Page;
  let admin: Page;

  beforeAll(async () => {
    visitor = await visit();
    admin = await visitor.signIn('admin');
    employee = await visitor.signIn('employee');
    await openHelpdesk(visitor, await visitor.signIn('developer'), admin);
  }, 240_000);
  afterAll(() => visitor?.close(), 60_000);

  async function expectSound(page: Page, at: string): Promise<void> {
    const seen = { at, overhang: await overhang(page), found: await seriousFindings(page) };
    expect(seen).toEqual({ at, overhang: 0, found: [] });
  }

  const open = (subject: string): object => ({
    id: 'open',
    contract: 'helpdesk.create-ticket@^1',
    arguments: { subject },
  });

  it('law-3: nothing happens before it was shown, started and allowed; then it is taken back, and that is looked at', async () => {
    await employee.goto('/actions');
    const says = employee.getByRole('textbox', { name: 'What should be done?' });
    await says.fill('What is our ticket policy?');
    await employee.keyboard.press('Enter');
    await employee.getByText(/Nothing that can be done here is what you mean/).waitFor();
    await expectSound(employee, 'nothing to be done');
    // By keyboard alone from here on. What the words do not say is asked for.
    await tabTo(employee, 'What should be done?');
    await employee.keyboard.press('ControlOrMeta+a');
    await employee.keyboard.type('Please open a ticket');
    await employee.keyboard.press('Enter');
    const card = employee.getByRole('region', { name: 'Open a ticket', exact: true });
    await card.getByLabel('What is the ticket about?').waitFor();
    expect(await card.getByRole('button', { name: 'See what will happen' }).isDisabled()).toBe(true);
    await employee.keyboard.type(': Printer jams');
    await employee.keyboard.press('Enter');
    await card.locator('textarea', { hasText: 'Printer jams' }).first().waitFor();
    await expectSound(employee, 'a playbook, filled in');
    await tabTo(employee, 'See what will happen');
    await employee.keyboard.press('Enter');
    await employee.getByRole('heading', { name: 'What will happen' }).waitFor();
    await employee.getByText('1 step changes something. All of it can be taken back.').waitFor();
    const preview = employee.getByRole('list', { name: 'What will happen' });
    await preview.getByText('Printer jams').waitFor();
    await preview
      .getByText(/It touches tickets, at most 1\. Way back: Close a ticket, within 24 hours/)
      .waitFor();
    expect(ticketsOf(visitor)).toEqual([]);
    await expectSound(employee, 'preview');
    await tabTo(employee, 'Do it');
    await employee.keyboard.press('Enter');
    await employee.getByText('waits for an approval').first().waitFor();
    await employee.getByText('Somebody else than who asked for it decides.').waitFor();
    expect(await employee.getByRole('button', { name: /^Allow it once/ }).count()).toBe(0);
    await expectSound(employee, 'waiting for an approval');
    expect(ticketsOf(visitor)).toEqual([]);
    // From here on the page can only be told what happens, and not ask.
    const asking = /\/v1\/runs\/[0-9a-f-]+$/;
    await employee.route(asking, (route) => route.abort());

    // Wherever its approver is, the menu says that it waits; whoever may not decide is told of nothing.
    const menuOf = (page: Page) => page.getByRole('navigation', { name: 'Main' });
    expect(await menuOf(employee).getByRole('link', { name: 'Actions', exact: true }).count()).toBe(1);
    await admin.goto('/search');
    const waiting = menuOf(admin).getByRole('link', { name: 'Approvals, 1 waits for you' });
    await waiting.waitFor();
    await expectSound(admin, 'an approval waits');
    await waiting.click();
    const asked = admin.getByRole('article', { name: 'Open a ticket, for employee' });
    await asked.getByText('Printer jams').waitFor();
    await asked.getByText('Its contract asks for an approval each time.').waitFor();
    await expectSound(admin, 'approvals');
    await tabTo(admin, 'Allow it once: Open a ticket');
    await admin.keyboard.press('Enter');
    await admin.getByText('Nothing waits for you.').waitFor();
    await menuOf(admin).getByRole('link', { name: 'Approvals', exact: true }).waitFor();

    await employee.getByRole('status').getByText('done').waitFor();
    expect(ticketsOf(visitor)).toMatchObject([{ subject: 'Printer jams', state: 'open' }]);
    await employee.unroute(asking);
    await expectSound(employee, 'done');
    await tabTo(employee, 'Take it back');
    await employee.keyboard.press('Enter');
    await employee.getByRole('dialog').waitFor();
    await expectSound(employee, 'taking back, asked');
    await tabTo(employee, 'Take it back now');
    await employee.keyboard.press('Enter');
    const report = employee.getByRole('region', { name: 'Report' });
    await report.getByText('Taken back. A look confirmed that it is gone.').waitFor();
    expect(ticketsOf(visitor)).toMatchObject([{ subject: 'Printer jams', state: 'closed' }]);
    await employee.getByRole('button', { name: 'Journal' }).click();
    await employee.getByText(/compensation-intent of open/).waitFor();
    await expectSound(employee, 'taken back');
    await employee.getByRole('link', { name: 'All actions' }).click();
    await employee.getByRole('link', { name: 'Open a ticket' }).first().waitFor();
    await expectSound(employee, 'actions');
  }, 180_000);

  it('says on the command line what would happen, and asks for what the words do not say', () => {
    const { cli } = visitor.product;
    const before = ticketsOf(visitor);
    const asked = cli('do', 'Please open a ticket', '--as', 'employee');
    expect(asked).toMatchObject({ status: 2, stderr: expect.stringContaining('--slot subject=…') });
    const wrong = cli('do', 'Please open a ticket', '--slot', 'topic=Heat', '--as', 'employee');
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('subject') });
    const shown = cli('do', 'Please open a ticket', '--slot', 'subject=Heat', '--as', 'employee');
    expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining('"subject":"Heat"') });
    const question = cli('do', 'What is our ticket policy?', '--as', 'employee');
    expect(question).toMatchObject({ status: 1, stderr: expect.stringContaining('belay ask') });
    expect(ticketsOf(visitor)).toEqual(before);
  }, 60_000);

  it('an approver sees what anybody could have chosen, with every character; what is denied does not happen', async () => {
    const before = ticketsOf(visitor).length;
    // Where it cannot be told, it asks.
    await employee.route('**/events', (route) => route.abort());
    await plan(employee, 'Close what is found', [
      { id: 'find', contract: 'helpdesk.find-tickets@^1', arguments: { text: 'Printer' } },
      {
        id: 'close',
        contract: 'helpdesk.close-ticket@^1',
        arguments: { id: { $from: 'find', at: '/tickets/0/id' }, why: HOSTILE },
      },
    ]);
    await employee.getByText('the result of “Find tickets” (tickets/0/id)').waitFor();
    await employee
      .getByText(/It cannot be taken back/)
      .first()
      .waitFor();
    await employee.getByRole('button', { name: 'Do it', exact: true }).click();
    await admin.goto('/approvals');
    const asked = admin.getByRole('article', { name: 'Close a ticket, for employee' });
    await asked.getByText('anybody could have chosen it').first().waitFor();
    await asked
      .getByText(/An argument that decides something came from text that nobody of us wrote/)
      .waitFor();
    await asked.getByText('⟨U+202E⟩').waitFor();
    await asked.getByText('⟨U+E0048 "H"⟩').waitFor();
    await asked.getByText('None: it cannot be taken back.').waitFor();
    await expectSound(admin, 'a tainted approval');
    const phone = await visitor.signIn('admin', DARK_PHONE);
    await phone.goto('/approvals');
    await phone.getByText('anybody could have chosen it').first().waitFor();
    await expectSound(phone, 'a tainted approval on a phone');
    await phone.context().close();
    await asked.getByRole('button', { name: /^Deny/ }).click();
    await admin.getByRole('dialog').getByLabel('Why, if you like').fill('That is not yours.');
    await expectSound(admin, 'denying');
    await admin.getByRole('button', { name: 'Deny it' }).click();
    await employee.getByRole('status').getByText('not allowed').waitFor();
    await employee.unroute('**/events');
    expect(ticketsOf(visitor)).toHaveLength(before);
    expect(ticketsOf(visitor)[0]?.comments).toHaveLength(1);
  }, 180_000);

  it('law-3: what is shown is what is decided: bytes of another digest have no buttons', async () => {
    const id = await plan(employee, 'A ticket for the lift', [open('Lift is stuck')]);
    await employee.getByRole('button', { name: 'Do it', exact: true }).click();
    await employee.getByText('waits for an approval').first().waitFor();
    await admin.route('**/v1/approvals', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replaceAll('Lift is stuck', 'Lift is fine');
      await route.fulfill({ response, body });
    });
    await admin.goto('/approvals');
    await admin.getByText('This approval cannot be shown').waitFor();
    expect(await admin.getByRole('button', { name: /^(Allow|Deny)/ }).count()).toBe(0);
    expect(await admin.getByText('Lift is fine').count()).toBe(0);
    await admin.unroute('**/v1/approvals');
    await employee.goto(`/actions/${id}`);
    await employee
      .getByRole('button', { name: 'Stop it' })
      .or(employee.getByRole('button', { name: 'Do not do it' }))
      .click();
    await employee.getByRole('status').getByText('stopped').waitFor();
  }, 180_000);

  it('a question is answered, and decides what happens', async () => {
    const before = ticketsOf(visitor).length;
    await plan(employee, 'Look, then ask', [
      { id: 'sure', ask: 'Shall the chair get a ticket?', type: 'yes-no' },
      {
        if: { value: { $from: 'sure' }, is: 'equal', than: true },
        then: [open('Chair squeaks')],
      },
    ]);
    await employee.getByText('You are asked.').waitFor();
    await employee.getByRole('button', { name: 'Do it', exact: true }).click();
    const form = employee.getByRole('form', { name: /^Answer: Shall the chair/ });
    await form.waitFor();
    await expectSound(employee, 'a question');
    await form.getByRole('radio', { name: 'no' }).check();
    await form.getByRole('button', { name: 'Answer' }).click();
    await employee.getByRole('status').getByText('done').waitFor();
    await employee.getByText('Answered: no').waitFor();
    expect(ticketsOf(visitor)).toHaveLength(before);
  }, 180_000);

  it('an administrator stops everything, everybody sees it, and it is lifted, by keyboard alone', async () => {
    const before = ticketsOf(visitor).length;
    await plan(employee, 'Look for the door', [
      { id: 'find', contract: 'helpdesk.find-tickets@^1', arguments: { text: 'Door' } },
    ]);
    await admin.goto('/controls');
    await admin.getByRole('table', { name: 'Limits and budgets' }).getByText('Open a ticket').waitFor();
    await tabTo(admin, 'Why');
    await admin.keyboard.type('The help desk is being moved.');
    await tabTo(admin, 'Stop it now');
    await admin.keyboard.press('Enter');
    await admin.getByRole('article', { name: 'Stopped: Every action' }).waitFor();
    await expectSound(admin, 'stopped');
    await employee
      .getByRole('alert')
      .getByText(/Every action: The help desk is being moved\./)
      .waitFor();
    await expectSound(employee, 'stopped, for an employee');
    await employee.getByRole('button', { name: 'Do it', exact: true }).click();
    await employee.getByRole('status').getByText('stopped').waitFor();
    expect(ticketsOf(visitor)).toHaveLength(before);
    const phone = await visitor.signIn('employee', DARK_PHONE);
    await phone
      .getByRole('alert')
      .getByText(/Every action/)
      .waitFor();
    await expectSound(phone, 'stopped, on a phone');
    await phone.context().close();
    await tabTo(admin, 'Lift: Every action');
    await admin.keyboard.press('Enter');
    await admin
      .getByRole('region', { name: 'Lifted' })
      .getByText(/The help desk is being moved/)
      .waitFor();
    await employee.getByText('An administrator has stopped actions').waitFor({ state: 'detached' });
  }, 180_000);

  it('a developer tries a call without effect, and sees what a contract was called for', async () => {
    const before = ticketsOf(visitor).length;
    const developer = await visitor.signIn('developer');
    await developer.goto('/tools/helpdesk.create-ticket/1.0.0');
    const console = developer.getByRole('region', { name: 'Dry run' });
    await console.getByRole('textbox', { name: 'Arguments' }).fill('{ "subject": "Only looking" }');
    await console.getByRole('button', { name: 'See what it would do' }).click();
    await console.getByRole('list', { name: 'What it would do' }).getByText('Only looking').waitFor();
    await expectSound(developer, 'a dry run');
    const calls = developer.getByRole('region', { name: 'Calls' });
    await calls.getByRole('link', { name: 'Open a ticket' }).first().click();
    // The outline of somebody else's run, without their words.
    await developer.getByText('What it is called with belongs to who asked for it.').waitFor();
    expect(await developer.locator('main').innerText()).not.toContain('Printer jams');
    await developer.goBack();
    await developer.getByRole('link', { name: 'Every action that calls it' }).click();
    const runs = developer.getByRole('table', { name: 'Actions' });
    await runs
      .getByText(/^of Alva Sundqvist, by helpdesk\.open-ticket@/)
      .first()
      .waitFor();
    await expectSound(developer, 'every action of a contract');
    await developer.getByLabel('State').selectOption({ label: 'taken back' });
    await developer.getByRole('button', { name: 'Search' }).click();
    await developer.waitForURL(/state=compensated/);
    await runs.getByText('taken back', { exact: true }).first().waitFor();
    expect(await developer.locator('main').innerText()).not.toContain('Printer jams');
    expect(ticketsOf(visitor)).toHaveLength(before);
    await developer.context().close();
  }, 180_000);

  it('an approved run changes a file of the reference server, and taking it back restores its bytes', async () => {
    const developer = await visitor.signIn('developer');
    await openFiles(visitor, developer, admin);
    await developer.context().close();
    const data = join(visitor.product.home, 'peer-data/files');
    mkdirSync(data, { recursive: true });
    const notes = join(data, 'notes.md');
    const former = Buffer.from('# Notes\r\n\u00e9\u{1f512} as they were\n');
    writeFileSync(notes, former);
    await plan(employee, 'Write the notes anew', [
      {
        id: 'aside',
        contract: 'files.set-aside@^1',
        arguments: { source: '/data/notes.md', destination: '/data/notes.md.before' },
      },
      {
        id: 'write',
        contract: 'files.write-file@^1',
        arguments: { path: '/data/notes.md', content: '# Other notes' },
      },
    ]);
    await employee.getByText('2 steps change something. All of it can be taken back.').waitFor();
    await employee.getByRole('button', { name: 'Do it', exact: true }).click();
    await admin.goto('/approvals');
    const asked = admin.getByRole('article', { name: 'Write a file, for employee' });
    await asked.getByText('which file').waitFor();
    await asked.getByRole('button', { name: /^Allow it once/ }).click();
    await employee.getByRole('status').getByText('done').waitFor();
    expect(readFileSync(notes, 'utf8')).toBe('# Other notes');
    await employee.getByRole('button', { name: 'Take it back' }).click();
    await employee.getByRole('button', { name: 'Take it back now' }).click();
    await employee.getByRole('status').getByText('taken back', { exact: true }).waitFor();
    expect(readFileSync(notes)).toEqual(former);
  }, 180_000);

  it('a contract fits a phone in the dark', async () => {
    const phone = await visitor.signIn('admin', DARK_PHONE);
    await phone.goto('/tools/helpdesk.create-ticket/1.0.0');
    await phone.getByRole('heading', { level: 1 }).waitFor();
    await phone.waitForLoadState('networkidle');
    await expectSound(phone, 'a contract');
    await phone.context().close();
    const { foreign, complaints } = visitor;
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  }, 180_000);
});
