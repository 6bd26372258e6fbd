import { describe, expect, it } from '@jest/globals';
import { EXIT } from '../failure.js';
import { main } from '../main.js';

// Nothing listens there: what is asked ends as not reachable.
const NOWHERE = 'http://127.0.0.1:9';

async function ask(environment: NodeJS.ProcessEnv, ...flags: string[]): Promise<[number, string]> {
  const said: string[] = [];
  const note = (line: string): void => void said.push(line);
  const context = { environment, print: note, note };
  const code = await main(['ask', 'hotel limit', ...flags], environment, context);
  return [code, said.join('\n')];
}

describe('who a command asks as', () => {
  it('is not two people: --as beside a key is refused before anything is asked', async () => {
    const environment = { BELAY_ADDRESS: NOWHERE, BELAY_API_KEY: 'blk_one' };
    const [code, said] = await ask(environment, '--as', 'admin');
    expect(code).toBe(EXIT.usage);
    expect(said).toMatch(/A key asks as its own person: leave out --as, or unset BELAY_API_KEY/);
  });

  it('is the key or the person of the demo company, and somebody', async () => {
    const home = { BELAY_ADDRESS: NOWHERE };
    expect((await ask({ ...home, BELAY_API_KEY: 'blk_one' }))[0]).toBe(EXIT.unreachable);
    expect((await ask({ ...home, BELAY_API_KEY: '' }, '--as', 'admin'))[0]).toBe(EXIT.unreachable);
    expect((await ask(home))[0]).toBe(EXIT.usage);
  });
});
