import { describe, expect, it } from '@jest/globals';
import { describeTools } from './offered-tools.js';

const tool = (name: string, pattern: string): Record<string, unknown> => ({
  name,
  inputSchema: { type: 'object', properties: { text: { type: 'string', pattern } } },
});
const rulesOf = async (...given: Parameters<typeof describeTools>): Promise<string[][]> =>
  (await describeTools(...given)).map(({ findings }) => findings.map(({ rule }) => rule));

describe('what a server offers', () => {
  it('is refused where its expressions repeat without measure, before they are compiled', async () => {
    const patterns = ['a{0,1000}'.repeat(600), '(?:a{0,1000}){1}'.repeat(90), '^a{1,64}$'];
    const tools = patterns.map((pattern, n) => tool(`t${n}`, pattern));
    expect(await rulesOf(tools)).toEqual([['definition.schema'], ['definition.schema'], []]);
  });

  it('is not judged once the time for it is over, and says so', async () => {
    const unjudged = ['definition.unjudged'];
    expect(await rulesOf([tool('a', 'a'), tool('b', 'b')], 0)).toEqual([unjudged, unjudged]);
  });

  it('lets others have their turn in between', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await describeTools(Array.from({ length: 20 }, (_, n) => tool(`t${n}`, `${n}`)));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
