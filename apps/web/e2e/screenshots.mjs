/**
 * `npm run screenshots`: starts a small company, takes a picture of every state of the page, on a desk in the light and
 * on a phone in the dark, checks each with axe and for its width, and writes docs/page.md that shows them.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { twoModels } from '../../../libs/testing/second-model.mjs';
import { acting, developing, stopping } from './pictures-of-actions.mjs';
import { DESK, overhang, OWN, PHONE, seriousFindings, settled, visit } from './visit.mjs';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));
const FORMATS = fileURLToPath(new URL('../../../samples/formats/', import.meta.url));
const TARGET = process.argv[2] ?? join(DOCS, 'screenshots');
const HOTEL = 'What is the hotel limit per night on business trips?';
const HOSTILE = ['entity-bomb.odt', 'password.pdf', 'zip-bomb.xlsx'];

const problems = [];
const chapters = [];
const folder = mkdtempSync(join(tmpdir(), 'belay-pictures-'));
const share = join(folder, 'share');
mkdirSync(share);
writeFileSync(join(share, 'parking.md'), '# Parking\n\nThe car park opens at 6.');
rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });

const visitor = await visit({
  keep: (_, path) => /travel|code-of-conduct|vacation|evacuation/.test(path),
  environment: { BELAY_MODELS: twoModels(folder), BELAY_SOURCE_ROOTS: share },
});

/** Takes a page as it stands in both sizes. */
async function picture(page, name, caption, { only } = {}) {
  if (only !== 'phone') await take(page, name);
  if (only !== 'desk') {
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.setViewportSize(PHONE.viewport);
    await take(page, `${name}-phone`);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.setViewportSize(DESK.viewport);
  }
  chapters.at(-1).pictures.push({ name, caption, only });
}

async function take(page, name) {
  // A run that is watched keeps a connection open.
  await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
  await page.waitForFunction(isDrawn);
  await page.evaluate("document.querySelector('.reader mark')?.scrollIntoView({ block: 'center' })");
  for (const finding of await seriousFindings(page)) problems.push(`${name}: ${finding}`);
  const wider = await overhang(page);
  if (wider > 0) problems.push(`${name}: ${wider} pixels wider than its screen`);
  await page.screenshot({ path: join(TARGET, `${name}.png`) });
}

/** In the page: whether a page of a PDF or a picture, where there is one, has its ink. */
function isDrawn() {
  const canvas = globalThis.document.querySelector('canvas');
  if (!canvas) return true;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, at) => at % 4 === 0 && value < 100 && data[at + 3] > 200);
}

async function ask(page, question) {
  await page.getByRole('textbox', { name: 'Question' }).fill(question);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: question, exact: true }).waitFor();
  await page.getByRole('region', { name: 'Feedback' }).last().waitFor();
}

async function choose(page, collection) {
  await page.goto('/documents');
  await page.getByRole('combobox', { name: 'Collection' }).click();
  await page.getByRole('option', { name: collection }).click();
}

async function asking() {
  const stranger = await visitor.open();
  await stranger.goto('/');
  await stranger.getByRole('button', { name: '(employee)' }).waitFor();
  await picture(stranger, 'sign-in', 'Signing in; the demo people are offered on the machine itself alone.');
  const page = await visitor.signIn('employee');
  await page.getByRole('group', { name: 'Example questions' }).waitFor();
  await picture(page, 'ask', 'What one may ask is suggested from what one may read.');
  await ask(page, HOTEL);
  await picture(page, 'answer', 'Every sentence is a quote with its source, and its date.');
  await page.getByRole('button', { name: 'How this was made' }).click();
  await page.getByRole('button', { name: 'Make it again and compare' }).click();
  await page.getByText('The same answer, byte for byte.').scrollIntoViewIfNeeded();
  await picture(page, 'answer-evidence', 'How an answer was made, and that it comes out the same again.');
  await page.goto('/');
  await ask(page, 'Where is the assembly point in Porto?');
  await ask(page, 'And in Halifax?');
  await page.getByRole('button', { name: 'Not useful' }).last().click();
  await page.getByLabel('Why, if you like').waitFor();
  await picture(page, 'conversation', 'A follow-up says how it was understood, and can be rated.');
  await page.goto('/');
  await ask(page, 'Which moon orbits the planet Kerblax?');
  await picture(
    page,
    'answer-none',
    'What nothing readable answers is said to be so, in the same words every time.',
  );
  await page.goto('/');
  await page.getByRole('button', { name: /^Change Where is/ }).waitFor();
  await picture(page, 'history', 'Conversations of one’s own are found by one’s own words.');
  await ask(page, 'How many vacation days do employees get per year?');
  const deny = ['--to', 'person:employee', '--on', 'handbook/leave', '--deny', '--as', 'admin'];
  visitor.product.cli('grant', ...deny);
  await page.getByText('no longer available').waitFor();
  await picture(page, 'answer-withdrawn', 'What is un-shared leaves an open answer by itself.');
  visitor.product.cli('revoke', '--from', ...deny.slice(1));
}

async function searching() {
  const page = await visitor.signIn('employee');
  await page.goto('/search?q=hotel%20limit%20on%20trips');
  await page.getByRole('list', { name: 'Results' }).waitFor();
  await picture(page, 'search', 'Search by words and by meaning; filters count what one may read.');
  await page.getByRole('checkbox', { name: 'PDF' }).first().click();
  await page.waitForURL(/type=/);
  await picture(
    page,
    'search-filtered',
    'Narrowed to one type; the address holds it, and the back button takes it back.',
  );
  await page.goto('/search?q=hotel&until=2001-01-01');
  await page.getByText(/Nothing found/).waitFor();
  await picture(page, 'search-empty', 'Where nothing is found, the filters can be dropped.');
  const phone = await visitor.signIn('employee', { ...PHONE, colorScheme: 'dark' });
  await phone.goto('/search?q=hotel');
  await phone.getByRole('button', { name: 'Filters' }).click();
  await phone.getByRole('dialog').getByText('Collection').first().waitFor();
  await picture(phone, 'search-filters', 'On a phone the filters open from below.', { only: 'phone' });
}

async function uploading() {
  const page = await visitor.signIn('developer');
  await page.request.post('/v1/collections', { headers: OWN, data: { name: 'pumps', title: 'Pumps' } });
  await choose(page, 'Pumps');
  const files = readdirSync(FORMATS, { withFileTypes: true }).filter((entry) => entry.isFile());
  const chosen = [...files.map(({ name }) => name), ...HOSTILE.map((name) => `hostile/${name}`)];
  await page
    .getByRole('group', { name: 'Upload' })
    .locator('input[type=file]')
    .first()
    .setInputFiles(chosen.map((name) => join(FORMATS, name)));
  await page.getByText(`${chosen.length} of ${chosen.length} uploaded`).waitFor();
  await picture(
    page,
    'upload-box',
    'Files and whole folders are dropped or chosen, and sent three at a time.',
  );
  await page.goto('/uploads');
  await page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').first().waitFor();
  await picture(page, 'uploads-waiting', 'What is under way, with how far it is.');
  await settled(page);
  await page.goto('/uploads?state=failed');
  await page.getByText(`Failed (${HOSTILE.length})`).waitFor();
  await picture(page, 'uploads-failed', 'What failed says why, and what to do.');
  await page
    .getByRole('button', { name: /^Remove / })
    .first()
    .click();
  await page.getByRole('dialog').waitFor();
  await picture(page, 'delete', 'A deletion is asked for once more; a receipt says what was removed.');
  await page.goto('/uploads?state=ready');
  await page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').first().waitFor();
  await picture(page, 'uploads-ready', 'What is ready opens from here.');
  await choose(page, 'Pumps');
  await page.getByRole('link', { name: 'bolts.csv' }).waitFor();
  await picture(page, 'documents', 'Documents of a collection that one manages.');
  return page;
}

async function openQuote(page, path, quote) {
  const { documents } = await (await page.request.get('/v1/documents?limit=500')).json();
  const { id } = documents.find((document) => document.path === path);
  const { versionId, text } = await (await page.request.get(`/v1/documents/${id}/content`)).json();
  const start = text.indexOf(quote);
  await page.goto(`/documents/${id}?version=${versionId}&start=${start}&end=${start + quote.length}`);
  await page.locator('mark').first().waitFor();
}

async function reading(page) {
  const shown = [
    ['pump-manual.md', 'reader', 'The bearing', 'A citation opens the document at the quote.'],
    [
      'pump-drawing.pdf',
      'reader-pdf',
      '',
      'Of a PDF the page is shown, with what is cited marked where it stands.',
    ],
    [
      'pump-service.xlsx',
      'reader-table',
      'Part: Gasket G-118; Stock: 42',
      'Of a sheet, the row in its table.',
    ],
    [
      'pump-training.pptx',
      'reader-slides',
      'Two people lift the impeller.',
      'Of a presentation, the slide with its number.',
    ],
    [
      'workshop.mbox',
      'reader-mail',
      'The forklift needs a new battery.',
      'Of a mailbox, the message with its head.',
    ],
    [
      'pump-scan.png',
      'reader-picture',
      'The relief valve opens at 8 bar.',
      'Of a scan, the words that OCR read, on the picture.',
    ],
  ];
  for (const [path, name, wanted, caption] of shown) {
    const quote = wanted && (await holds(page, path, wanted)) ? wanted : await firstSentence(page, path);
    await openQuote(page, path, quote);
    await picture(page, name, caption);
  }
  const other = await visitor.signIn('employee');
  await other.goto(new URL(page.url()).pathname);
  await other.getByText('There is no such document').waitFor();
  await picture(other, 'reader-none', 'What one may not read is there no more than what never was.');
}

async function textOf(page, path) {
  const { documents } = await (await page.request.get('/v1/documents?limit=500')).json();
  const { id } = documents.find((document) => document.path === path);
  return (await (await page.request.get(`/v1/documents/${id}/content`)).json()).text;
}
const holds = async (page, path, quote) => (await textOf(page, path)).includes(quote);
const firstSentence = async (page, path) =>
  (await textOf(page, path)).split('\n\n').find((paragraph) => /\.$/.test(paragraph)) ?? '';

async function sharing(page) {
  await choose(page, 'Pumps');
  await page.getByRole('button', { name: /^Share bolts.csv/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Person, group or role' }).fill('every');
  await page.getByRole('option', { name: 'everyone' }).click();
  await dialog.getByRole('button', { name: 'Add' }).click();
  await dialog.getByRole('button', { name: 'Take back that everyone may read' }).waitFor();
  await dialog.getByLabel('Short name').fill('employee');
  await dialog.getByRole('button', { name: 'Explain' }).click();
  await dialog.getByText(/may read this document:/).waitFor();
  await picture(page, 'sharing', 'Who may read a document and why, and what would let or stop somebody.');
  const admin = await visitor.signIn('admin');
  await choose(admin, 'Employee handbook');
  await admin.getByRole('button', { name: 'Sources and keeping' }).click();
  await admin.getByRole('textbox', { name: 'Path' }).fill(share);
  await admin.getByRole('button', { name: 'Add source' }).click();
  await admin.getByText(/Last synced/).waitFor();
  await picture(admin, 'sources', 'Where the documents of a collection come from.');
  await admin.getByLabel('Keep them for so many days').fill('365');
  await admin.getByRole('button', { name: 'See what would go' }).click();
  await admin.getByRole('button', { name: 'Keep for 365 days' }).scrollIntoViewIfNeeded();
  await picture(admin, 'retention', 'What a rule would delete is shown before it is set.');
}

async function administering() {
  const page = await visitor.signIn('admin');
  await page.goto('/people');
  await page.getByRole('table').waitFor();
  await page.getByLabel('Short name').fill('newcomer');
  await page.getByLabel('Full name').fill('New Comer');
  await page.getByRole('button', { name: 'Add person' }).click();
  await page.getByText('Invitation for newcomer').waitFor();
  await picture(page, 'people', 'People and groups, searched and paged by the server.');
  await page.goto('/keys');
  await page.getByRole('textbox', { name: 'What is it for?' }).fill('my laptop');
  await page.getByRole('button', { name: 'Make key' }).click();
  await page.getByRole('list', { name: 'Your keys' }).getByText('my laptop').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Your password' }).scrollIntoViewIfNeeded();
  await picture(page, 'keys', 'One’s own keys and password, behind one’s name.');
  await page.goto('/audit');
  await page.getByRole('table').waitFor();
  await page.getByRole('button', { name: 'Verify the ledger' }).click();
  await page.getByText('The ledger is whole').waitFor();
  await picture(page, 'audit', 'The ledger: searched, verified, exported.');
  await page
    .getByRole('button', { name: /^Open leaf [0-9]/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Prove that it is in the tree' }).click();
  await page.getByRole('region', { name: 'Proof' }).waitFor();
  await picture(page, 'audit-proof', 'A leaf with its proof; what others asked stays theirs.');
  await page.goto('/models');
  await page.getByRole('combobox', { name: 'Installed model' }).click();
  await page.getByRole('option').first().click();
  await page.getByRole('switch').press('Space');
  await picture(page, 'models', 'The model that is searched with, and how another one is built beside it.');
  await page.getByRole('button', { name: 'Build it' }).click();
  await page.getByText('built, waits for you').waitFor();
  await picture(page, 'models-built', 'What the gate measured, before anything is changed.');
  await page.getByRole('button', { name: /^Change over/ }).click();
  await page.getByRole('dialog').waitFor();
  await picture(page, 'models-asked', 'A change of model is asked for once more.');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Search with it/ })
    .click();
  await page.getByRole('button', { name: /^Return to it/ }).waitFor();
  await picture(page, 'models-changed', 'The former model stands by.');
}

/** docs/page.md: what the pictures show. */
function writePage() {
  const image = (name, caption, width) =>
    `<img src="screenshots/${name}.png" width="${width}" alt="${caption}" />`;
  const parts = chapters.flatMap(({ title, pictures }) => [
    `## ${title}`,
    ...pictures.flatMap(({ name, caption, only }) => [
      caption,
      [
        ...(only === 'phone' ? [] : [image(name, caption, 600)]),
        ...(only === 'desk' ? [] : [image(`${name}-phone`, `${caption} On a phone.`, 190)]),
      ].join('\n'),
    ]),
  ]);
  const intro =
    '`npm run screenshots` takes these from a small company, checks every one of them with axe, and fails where a page is wider than its screen.';
  writeFileSync(join(DOCS, 'page.md'), `${['# The page in pictures', intro, ...parts].join('\n\n')}\n`);
}

const CHAPTERS = [
  ['Asking', asking],
  ['Searching', searching],
  ['Uploading', uploading],
  ['Reading', reading],
  ['Sharing and sources', sharing],
  ['Actions and approvals', acting],
  ['Tools', developing],
  ['Limits and stop', stopping],
  ['Administration', administering],
];
try {
  let window;
  for (const [title, part] of CHAPTERS) {
    chapters.push({ title, pictures: [] });
    window = (await part(window, { visitor, picture })) ?? window;
  }
  if (!process.argv[2]) writePage();
} catch (error) {
  problems.push(error.message);
} finally {
  await visitor.close();
  rmSync(folder, { recursive: true, force: true });
}
for (const problem of [...problems, ...visitor.complaints]) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
