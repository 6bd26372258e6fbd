import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { CHROMIUM, overhang, PHONE, seriousFindings, tabTo, type Visit, visit } from './visit.mjs';

const BELAY = new URL('../../../belay', import.meta.url).pathname;
const NEXT_PASSWORD = 'another long password';
const PASSWORD = 'correct horse battery';

(CHROMIUM ? describe : describe.skip)('the first administrator, outside the demo', () => {
  let visitor: Visit;
  let page: Page;
  let key: string;

  beforeAll(async () => {
    visitor = await visit({ flags: ['--no-demo'] });
    page = await visitor.open({ ...PHONE, colorScheme: 'dark' });
  }, 240_000);
  afterAll(() => visitor?.close(), 60_000);

  /** What the command line says with a key, or without one. */
  const belay = (secret: string, ...args: string[]): { status: number | null; said: unknown } => {
    const env = { ...visitor.product.environment, BELAY_API_KEY: secret };
    const { status, stdout, stderr } = spawnSync(BELAY, args, { env, encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}` };
  };
  const signInAgain = async (name: string, password: string): Promise<void> => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Question' }).waitFor();
  };
  const expectSound = async (at: string): Promise<void> => {
    const seen = { at, overhang: await overhang(page), found: await seriousFindings(page) };
    expect(seen).toEqual({ at, overhang: 0, found: [] });
  };

  it('is told by the whole set-up link which name is theirs, before and after the password', async () => {
    const { address, output } = visitor.product;
    const link = /https?:\/\/\S+\/invite\?token=\S+/.exec(output())?.[0] ?? '';
    expect(link.startsWith(`${address}/invite?token=`)).toBe(true);
    await page.goto(link);
    const name = page.getByRole('textbox', { name: 'Name to sign in with' });
    expect(await name.inputValue()).toBe('admin');
    await expectSound('invitation');
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('admin', { exact: true }).waitFor();
    await expectSound('invitation, accepted');
    await page.getByRole('link', { name: 'Go on' }).click();
    await page.getByRole('textbox', { name: 'Question' }).waitFor();
  }, 60_000);

  it('signs in again with the name as people type it', async () => {
    await signInAgain(' Admin ', PASSWORD);
  }, 60_000);

  it('finds where keys are made behind their name, makes one by keyboard, and sees its text once', async () => {
    expect(belay('', 'people', 'list')).toEqual({
      status: 2,
      said: expect.stringContaining('choose your name, API keys') as unknown,
    });
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByText('Administrator, signed in as admin').waitFor();
    await page.getByRole('link', { name: 'API keys' }).click();
    await tabTo(page, 'What is it for?');
    await page.keyboard.type('my laptop');
    await tabTo(page, 'Administer');
    await page.keyboard.press('Space');
    await tabTo(page, 'Make key');
    await page.keyboard.press('Enter');
    const made = page.getByRole('status');
    key = (await made.locator('code').first().innerText()).trim();
    expect(key).toMatch(/^belay_/);
    expect(await made.innerText()).toContain(`BELAY_API_KEY=${key} ./belay`);
    await page.getByRole('list', { name: 'Your keys' }).getByText('my laptop').waitFor();
    await expectSound('a key, made');
    await tabTo(page, 'I have copied it');
    await page.keyboard.press('Enter');
    await page.reload();
    await page.getByText('my laptop').waitFor();
    expect(await page.content()).not.toContain(key);
  }, 60_000);

  it('uses it on the command line, and takes it back', async () => {
    expect(belay(key, 'people', 'list')).toEqual({
      status: 0,
      said: expect.stringContaining('admin') as unknown,
    });
    const refused = belay(key, 'collections', 'create', 'tea');
    expect(refused).toEqual({ status: 4, said: expect.stringContaining('the action "write"') as unknown });
    await tabTo(page, 'Take back my laptop');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('cannot be undone').waitFor();
    await expectSound('a key, to be taken back');
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('You have no key.').waitFor();
    expect(belay(key, 'people', 'list').status).toBe(4);
    expect(visitor.product.output()).not.toContain(key);
    const { foreign, complaints } = visitor;
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  }, 60_000);

  it('changes the password by keyboard, stays signed in, and signs in with the new one from then on', async () => {
    const type = async (present: string, next: string): Promise<void> => {
      await tabTo(page, 'Present password');
      await page.keyboard.type(present);
      await tabTo(page, 'New password');
      await page.keyboard.type(next);
      await page.keyboard.press('Enter');
    };
    await type('not the password', NEXT_PASSWORD);
    await page.getByRole('alert').getByText('That is not the password that you have.').waitFor();
    await expectSound('a password that is not the present one');
    await page.reload();
    await type(PASSWORD, NEXT_PASSWORD);
    await page.getByRole('status').getByText('Your password is changed').waitFor();
    await expectSound('a password, changed');
    await page.reload();
    await page.getByRole('heading', { name: 'API keys and password' }).waitFor();
    await signInAgain('admin', NEXT_PASSWORD);
  }, 60_000);

  it('is not told again of a set-up link that was used', async () => {
    await visitor.product.restart();
    expect(visitor.product.output()).not.toContain('/invite?token=');
  }, 120_000);
});
