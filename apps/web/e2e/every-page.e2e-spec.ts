import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { CHROMIUM, overhang, OWN, PHONE, seriousFindings, tabTo, type Visit, visit } from './visit.mjs';

const DARK_PHONE = { ...PHONE, colorScheme: 'dark' as const };
const NOTHING = '00000000-0000-4000-8000-000000000000';

/** Every page that an administrator may open, and what one comes there for, where there is something to do. */
const PAGES = [
  ['/', 'Question'],
  ['/search', 'Search'],
  ['/actions', 'What should be done?'],
  ['/documents', 'New collection'],
  ['/documents/receipts', 'Receipt'],
  ['/uploads', 'Upload more'],
  ['/approvals', ''],
  ['/runs', ''],
  ['/controls', 'What to stop'],
  ['/people', 'Find a person'],
  ['/audit', 'Verify the ledger'],
  ['/models', ''],
  ['/keys', 'What is it for?'],
  ['/tools', 'Connect a server'],
  ['/tools/connect', 'Server'],
  ['/tools/new', 'Contract'],
  ['/tools/playbooks', 'Write a playbook'],
  ['/tools/playbooks/new', 'Playbook'],
] as const;
/** Pages of one thing, at addresses of nothing; and where they lead back to. */
const NOT_THERE = [
  ['/documents/not-a-doc', 'document', 'All documents'],
  [`/documents/${NOTHING}`, 'document', 'All documents'],
  ['/actions/not-a-run', 'action', 'All actions'],
  [`/actions/${NOTHING}`, 'action', 'All actions'],
  ['/conversations/not-a-talk', 'conversation', 'Ask a question'],
  [`/conversations/${NOTHING}`, 'conversation', 'Ask a question'],
  ['/answers/not-an-answer', 'answer', 'Question'],
  [`/answers/${NOTHING}`, 'answer', 'Question'],
  ['/tools/no.contract/1.0.0', 'contract', 'All contracts'],
  ['/tools/..%2Fpeople/%20', 'contract', 'All contracts'],
  ['/tools/playbooks/no.playbook/1.0.0', 'playbook', 'All playbooks'],
  ['/tools/playbooks/%00/x', 'playbook', 'All playbooks'],
] as const;

(CHROMIUM ? describe : describe.skip)('every page', () => {
  let visitor: Visit;
  let phone: Page;

  beforeAll(async () => {
    visitor = await visit({ keep: (_, path) => path === 'travel/travel-policy.md', tools: true });
    phone = await visitor.signIn('admin', DARK_PHONE);
  }, 240_000);
  afterAll(() => visitor?.close(), 60_000);

  async function show(at: string): Promise<void> {
    await phone.goto(at);
    await phone.getByRole('heading').first().waitFor();
    await phone.waitForLoadState('networkidle');
  }
  async function expectSound(at: string): Promise<void> {
    const seen = { at, overhang: await overhang(phone), found: await seriousFindings(phone) };
    expect(seen).toEqual({ at, overhang: 0, found: [] });
  }

  it('to whoever is not signed in is the sign-in page, and nothing fails on the way there', async () => {
    const stranger = await visitor.open();
    const failed: string[] = [];
    stranger.on('console', (message) => {
      if (message.type() === 'error') failed.push(message.text());
    });
    await stranger.goto('/audit');
    await stranger.getByRole('button', { name: '(employee)' }).waitFor();
    expect(failed).toEqual([]);
    await stranger.context().close();
  }, 60_000);

  it('of what is not there, and of what is not theirs, says so in the same words, with a way back', async () => {
    for (const [at, what, back] of NOT_THERE) {
      await phone.goto(at);
      const said = phone.getByRole('alert');
      await said.getByRole('heading', { name: `There is no such ${what}` }).waitFor();
      expect({ at, said: await said.innerText() }).toEqual({
        at,
        said: `There is no such ${what}\n\nIt is not there any more, never was, or is not for you.`,
      });
      await tabTo(phone, back);
      expect(await phone.locator('.mantine-Loader-root').count()).toBe(0);
    }
    await expectSound('nothing');
  }, 120_000);

  it('fits a phone in the dark, has nothing that is seriously wrong, and is used by keyboard', async () => {
    for (const [at, main] of PAGES) {
      await show(at);
      await expectSound(at);
      if (main) await tabTo(phone, main);
    }
  }, 180_000);

  it('of an answer does so, too', async () => {
    const headers = OWN;
    const data = { question: 'What is the hotel limit per night on business trips?' };
    const asked = await phone.request.post('/v1/answers', { headers, data });
    const { answerId } = (await asked.json()) as { answerId: string };
    const at = `/answers/${answerId}`;
    await show(at);
    await phone.getByText('How this was made').first().waitFor();
    await expectSound(at);
    await tabTo(phone, 'How this was made');
    const { foreign, complaints } = visitor;
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  }, 240_000);
});
