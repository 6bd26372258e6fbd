/** Pictures of what agents do, of the approvals that they wait for, of the tools that they call and of what stops them. */
import { openHelpdesk, plan } from './helpdesk.mjs';

const OPEN = {
  id: 'open',
  contract: 'helpdesk.create-ticket@^1',
  arguments: { subject: 'The printer jams', body: 'Third floor, beside the kitchen.' },
};
const CLOSE = [
  { id: 'find', contract: 'helpdesk.find-tickets@^1', arguments: { text: 'printer' } },
  {
    id: 'close',
    contract: 'helpdesk.close-ticket@^1',
    arguments: { id: { $from: 'find', at: '/tickets/0/id' }, why: 'Solved \u202e devlos \u{e0048}\u{e0049}' },
  },
];
const doIt = (page) => page.getByRole('button', { name: 'Do it', exact: true }).click();

/** An employee has something done and takes it back, while an approver decides. */
export async function acting(_, { visitor, picture }) {
  const [page, admin] = [await visitor.signIn('employee'), await visitor.signIn('admin')];
  await openHelpdesk(visitor, await visitor.signIn('developer'), admin);
  await page.goto('/actions');
  await page.getByRole('textbox', { name: 'What should be done?' }).fill('Open a ticket: the printer jams');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'See what will happen' }).waitFor();
  await picture(page, 'actions', 'A person says what is to be done; what is missing is asked for.');
  await plan(page, 'A ticket for the printer', [OPEN, ...CLOSE]);
  await picture(page, 'action-preview', 'What will happen, before it happens.');
  await doIt(page);
  await page.getByText('waits for an approval').first().waitFor();
  await picture(page, 'action-waits', 'What waits for an approval shows what is asked.');
  await admin.goto('/approvals');
  await admin.getByRole('button', { name: /^Allow it once/ }).waitFor();
  await picture(admin, 'approval', 'An approver sees exactly what would be done, and who chose it.');
  await admin.getByRole('button', { name: /^Allow it once/ }).click();
  await admin.getByText('anybody could have chosen it').first().waitFor();
  await picture(
    admin,
    'approval-tainted',
    'What anybody could have chosen is marked, and no character hides.',
  );
  await admin.getByRole('button', { name: /^Deny/ }).click();
  await admin.getByRole('dialog').waitFor();
  await picture(admin, 'approval-denied', 'A refusal can say why.');
  await admin.getByRole('button', { name: 'Deny it' }).click();
  await page.getByRole('status').getByText('not allowed').waitFor();
  await picture(page, 'action-denied', 'What was done stays, and can be taken back.');
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByRole('button', { name: 'Take it back now' }).click();
  await page.getByRole('region', { name: 'Report' }).waitFor();
  await picture(
    page,
    'action-undone',
    'The report says what was taken back, and whether a look confirmed it.',
  );
  await plan(page, 'A ticket, perhaps', [
    { id: 'sure', ask: 'Shall the chair get a ticket?', type: 'yes-no' },
    { if: { value: { $from: 'sure' }, is: 'equal', than: true }, then: [OPEN] },
  ]);
  await doIt(page);
  await page.getByRole('form', { name: /^Answer/ }).waitFor();
  await picture(page, 'action-asks', 'A question waits for its answer.');
}

/** A developer looks at contracts, a server and a playbook. */
export async function developing(_, { visitor, picture }) {
  const page = await visitor.signIn('developer');
  await page.goto('/tools');
  await page.getByRole('table').waitFor();
  await picture(page, 'tools', 'The registry of contracts.');
  const contract = await page.request.get('/v1/tools/helpdesk.find-tickets/1.0.0');
  const { peer } = (await contract.json()).document;
  await page.goto('/tools/connect');
  await page.getByRole('textbox', { name: 'Server' }).fill(JSON.stringify(peer, null, 2));
  await page.getByRole('button', { name: 'See what it offers' }).click();
  const tool = page.getByRole('article', { name: 'Tool comment_ticket' });
  await tool.getByRole('button', { name: /^Draft/ }).click();
  await tool.getByText(/Decide what a call does/).scrollIntoViewIfNeeded();
  await picture(
    page,
    'tool-draft',
    'A draft waits for what a person alone can decide, on the lines that want it.',
  );
  await page.goto('/tools/helpdesk.create-ticket/1.0.0');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await picture(page, 'contract', 'What a contract allows, in words.');
  await page.getByRole('textbox', { name: 'Arguments', exact: true }).fill('{ "subject": "Only looking" }');
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await page.getByRole('list', { name: 'What it would do' }).scrollIntoViewIfNeeded();
  await picture(
    page,
    'dry-run',
    'A call is tried without effect; below it stands what the contract was called for.',
  );
  await page.goto('/tools/playbooks/helpdesk.open-ticket/1.0.0');
  await page.getByRole('region', { name: 'Fixtures' }).waitFor();
  await picture(page, 'playbook', 'A playbook: how people ask for it, what it needs to know, its steps.');
}

/** An administrator sees what was used, and stops everything. */
export async function stopping(_, { visitor, picture }) {
  const page = await visitor.signIn('admin');
  await page.goto('/controls');
  await page.getByRole('table').waitFor();
  await picture(page, 'controls', 'What contracts allow, and what was used today.');
  await page.getByLabel('Why').fill('The help desk is being moved.');
  await page.getByRole('button', { name: 'Stop it now' }).click();
  await page.getByRole('article', { name: /^Stopped/ }).waitFor();
  await page.getByRole('alert').waitFor();
  await picture(page, 'stopped', 'Everything is stopped, and lifted from here.');
  const other = await visitor.signIn('employee');
  await other.getByRole('alert').waitFor();
  await picture(other, 'stopped-seen', 'Everybody sees that it is.');
  await other.goto('/controls');
  await other.getByText('This page is for administrators.').waitFor();
  await picture(other, 'not-for-you', 'Who may not open a page is told whom it is for.');
  await page.getByRole('button', { name: /^Lift/ }).click();
  await page.getByRole('region', { name: 'Lifted' }).waitFor();
}
