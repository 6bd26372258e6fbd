import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { CHROMIUM, overhang, OWN, PHONE, seriousFindings, settled, type Visit, visit } from './visit.mjs';

const FIRST = 'Where is the assembly point in Porto?';

(CHROMIUM ? describe : describe.skip)('conversations on the page', () => {
  let visitor: Visit;

  beforeAll(async () => {
    visitor = await visit({ keep: (_, path) => /evacuation|vacation-policy\.md/.test(path) });
  }, 180_000);
  afterAll(() => visitor?.close(), 60_000);

  async function ask(page: Page, question: string): Promise<void> {
    const finished = page.getByRole('region', { name: 'Feedback' });
    const before = await finished.count();
    await page.getByRole('textbox', { name: 'Question' }).fill(question);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: question, exact: true }).waitFor();
    await finished.nth(before).waitFor();
  }

  it('a thread is asked on, rated, renamed, found, and erased', async () => {
    const page = await visitor.signIn('employee', { ...PHONE, colorScheme: 'dark' });
    await page.getByRole('group', { name: 'Example questions' }).getByRole('button').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await ask(page, FIRST);
    await ask(page, 'And in Halifax?');
    await page.getByText('Understood as: Where is the assembly point in Halifax?').waitFor();
    await page.getByRole('button', { name: 'Not useful' }).last().click();
    await page.getByLabel('Why, if you like').fill('Two places');
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await overhang(page)).toBeLessThanOrEqual(0);
    await ask(page, 'And in Gothenburg?');
    await page.getByRole('button', { name: 'Delete', exact: true }).last().click();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByRole('heading', { name: 'And in Gothenburg?' }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'And in Halifax?' }).waitFor();
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

  it('an example is asked with one click, and older questions are shown on demand', async () => {
    const page = await visitor.signIn('developer');
    const example = page.getByRole('group', { name: 'Example questions' }).getByRole('button').first();
    const question = await example.innerText();
    await example.click();
    await page.getByRole('heading', { name: question, exact: true }).waitFor();
    await page.getByRole('region', { name: 'Feedback' }).waitFor();
    for (let at = 0; at < 21; at += 1) {
      const body = { title: `Numbered ${at}` };
      const { conversationId } = (await (
        await page.request.post('/v1/conversations', { headers: OWN, data: body })
      ).json()) as { conversationId: string };
      const asked = { question: 'Where is the assembly point in Porto?', conversation: conversationId };
      await page.request.post('/v1/answers', { headers: OWN, data: asked });
    }
    await page.goto('/');
    await page.getByRole('link', { name: 'Numbered 20' }).waitFor();
    expect(await page.getByRole('link', { name: 'Numbered 0', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show older questions' }).click();
    await page.getByRole('link', { name: 'Numbered 0', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Show older questions' }).count()).toBe(0);
  }, 90_000);

  it('who opens a citation while the answer still comes is not called back to it', async () => {
    const page = await visitor.signIn('employee');
    await page.evaluate(holdAnswers);
    await page
      .getByRole('textbox', { name: 'Question' })
      .fill('How many vacation days do employees get per year?');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Citation 1' }).first().waitFor();
    await page.evaluate(openCitationAsAnswerComes);
    await page.locator('mark').first().waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/documents\//);
  }, 90_000);

  it('law-1: what is un-shared leaves an open answer and an open document by itself', async () => {
    const page = await visitor.signIn('employee');
    await ask(page, 'How many vacation days do employees get per year?');
    const reader = await page.context().newPage();
    await reader.goto(
      new URL(
        (await page.getByRole('link', { name: 'Citation 1' }).first().getAttribute('href')) ?? '',
        visitor.product.address,
      ).href,
    );
    await reader.locator('mark').first().waitFor();
    const denied = visitor.product.cli(
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

  it('a quote whose document changed since says so, and opens where it was', async () => {
    const page = await visitor.signIn('developer', { ...PHONE, colorScheme: 'dark' });
    const collection = { name: 'ferries', title: 'Ferries' };
    await page.request.post('/v1/collections', { headers: OWN, data: collection });
    const store = async (text: string): Promise<void> => {
      const file = { name: 'ferry.txt', mimeType: 'text/plain', buffer: Buffer.from(text) };
      const multipart = { collection: 'ferries', path: file.name, file };
      await page.request.post('/v1/documents', { headers: OWN, multipart });
      await settled(page);
    };
    await store('The ferry to Skarholm leaves the northern pier at noon.');
    await ask(page, 'When does the ferry to Skarholm leave?');
    const note = page.getByText('From an earlier version of this document.');
    expect(await note.count()).toBe(0);
    await store('The ferry to Skarholm leaves the northern pier at midnight.');
    await page.reload();
    await note.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await overhang(page)).toBeLessThanOrEqual(0);
    await page.getByRole('link', { name: 'Citation 1' }).first().click();
    expect(await page.locator('mark').first().innerText()).toContain('noon');
    await page.goBack();
    await page.getByRole('link', { name: 'Read the newest version' }).click();
    await page.getByText('at midnight').waitFor();
  }, 90_000);
});

interface Window {
  fetch: typeof fetch;
  letAnswersGo(): void;
  document: { querySelector(selector: string): { click(): void } | null };
}

/** In the page: everything of an answer arrives but its end, which waits until it is let go. */
function holdAnswers(): void {
  const page = globalThis as unknown as Window;
  const whole = page.fetch;
  const released = new Promise<void>((resolve) => {
    page.letAnswersGo = resolve;
  });
  const holding = (): TransformStream<Uint8Array, Uint8Array> => {
    let text = '';
    return new TransformStream({
      async transform(bytes, out) {
        text += new TextDecoder().decode(bytes);
        const end = text.indexOf('event: answer');
        if (end < 0) return;
        out.enqueue(new TextEncoder().encode(text.slice(0, end)));
        await released;
        out.enqueue(new TextEncoder().encode(text.slice(end)));
        text = '';
      },
    });
  };
  page.fetch = async (input, init) => {
    const response = await whole(input, init);
    const { status, headers, body } = response;
    if (!headers.get('content-type')?.startsWith('text/event-stream') || !body) return response;
    return new Response(body.pipeThrough(holding()), { status, headers });
  };
}

/** In the page: the end of the answer arrives in the moment in which its citation is clicked. */
function openCitationAsAnswerComes(): void {
  const page = globalThis as unknown as Window;
  page.document.querySelector('[aria-label="Citation 1"]')?.click();
  page.letAnswersGo();
}
