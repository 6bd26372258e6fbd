import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Generation, Generations } from '@belay/contracts';
import { expect } from '@jest/globals';
import type { Product } from './product.mjs';

const LIMIT_MS = 240_000;
type Who = 'admin' | 'employee' | 'engineer';

/** A running product with documents about pumps, one fact each, and people who ask for these facts without a pause. */
export class PumpCompany {
  private readonly cookies = new Map<Who, string>();

  constructor(
    private readonly product: Product,
    /** How many documents there are from the start. */
    readonly documents: number,
  ) {}

  /** Makes the collection of an employee and waits until all is indexed. */
  async fill(): Promise<void> {
    await this.call('POST', 'collections', { name: 'pumps', title: 'Pumps' }, 'employee');
    for (let index = 0; index < this.documents; index += 1) await this.upload(index);
    await this.read();
  }

  async call<T>(method: string, path: string, body?: unknown, who: Who = 'admin'): Promise<T> {
    const form = body instanceof FormData;
    const response = await fetch(`${this.product.address}/v1/${path}`, {
      method,
      headers: {
        cookie: this.cookies.get(who) ?? (await this.signIn(who)),
        'x-belay-request': '1',
        ...(form || body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The one sentence that answers for a pump. */
  sentenceOf = (index: number): string => `The seal of pump P-${index + 100} was replaced in June.`;

  async upload(index: number): Promise<string> {
    const filler = Array.from(
      { length: 20 },
      (_, line) => `Line ${line} says that pump P-${index + 100} ran for ${line + 3} hours on day ${line}.`,
    ).join(' ');
    const form = new FormData();
    form.set('collection', 'pumps');
    form.set('path', `pump-${index}.md`);
    const text = `# Pump P-${index + 100}\n\n${this.sentenceOf(index)}\n\n${filler}`;
    form.set('file', new Blob([text]), 'pump.md');
    return (await this.call<{ id: string }>('POST', 'documents', form, 'employee')).id;
  }

  /** Waits until everything that was uploaded is indexed. */
  read(): Promise<unknown> {
    const path = 'ingestion/progress?collection=pumps';
    return this.until('all documents to be read', async () => {
      return (await this.call<{ waiting: number }>('GET', path, undefined, 'employee')).waiting === 0;
    });
  }

  ask(index: number): Promise<Answer> {
    const question = `When was the seal of pump P-${index + 100} replaced?`;
    return this.call('POST', 'answers', { question }, 'employee');
  }

  async generations(): Promise<Generation[]> {
    return (await this.call<Generations>('GET', 'models/generations')).generations;
  }

  async activeModel(): Promise<string | undefined> {
    return (await this.generations()).find(({ state }) => state === 'active')?.model;
  }

  async until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(150)) {
      const found = await probe();
      if (found) return found;
    }
    throw new Error(`${what} did not happen`);
  }

  /**
   * Asks without a pause until `work` has ended. Every answer is the right one, and who may read nothing finds
   * nothing. Returns how many were asked, and which models they were answered with.
   */
  async underQuestions(work: () => Promise<unknown>): Promise<{ asked: number; models: string[] }> {
    let [ended, asked] = [false, 0];
    const models = new Set<string>();
    const asking = async (offset: number): Promise<void> => {
      for (let turn = offset; !ended; turn += 3, asked += 1) {
        const index = turn % this.documents;
        const answer = await this.ask(index);
        expect(answer.sentences[0]?.text).toBe(this.sentenceOf(index));
        models.add(answer.models['embedding']?.split('@')[0] ?? '');
      }
    };
    const searching = async (): Promise<void> => {
      for (let index = 0; !ended; index = (index + 1) % this.documents) {
        const query = `seal of pump P-${index + 100}`;
        const found = await this.call<{ results: { title: string }[] }>(
          'POST',
          'search',
          { query },
          'employee',
        );
        expect(found.results[0]?.title).toContain(`P-${index + 100}`);
        const hidden = await this.call<{ results: unknown[] }>('POST', 'search', { query }, 'engineer');
        expect(hidden.results.filter((one) => JSON.stringify(one).includes('P-1'))).toEqual([]);
      }
    };
    const people = [asking(0), asking(1), searching()];
    try {
      await work();
    } finally {
      ended = true;
      await Promise.all(people);
    }
    return { asked, models: [...models].sort() };
  }

  private async signIn(who: Who): Promise<string> {
    const response = await fetch(`${this.product.address}/v1/session/demo`, {
      method: 'POST',
      headers: { 'x-belay-request': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ name: who }),
    });
    const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
    this.cookies.set(who, cookie);
    return cookie;
  }
}
