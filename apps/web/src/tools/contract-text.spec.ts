import { describe, expect, it } from '@jest/globals';
import { readContractText, readPeerText } from './contract-text.js';

describe('a text that is being written', () => {
  it('has its findings on the lines that they are about', () => {
    const { findings, lineOf } = readPeerText('id: desk\ntransport: stdio\nartifact: "../x"\nentry: a\n');
    expect(findings.map(({ at, line }) => [at, line])).toEqual([
      ['/artifact', 3],
      ['/integrity', 1],
    ]);
    expect(lineOf('/entry')).toBe(4);
    expect(readPeerText('id: [\n').findings).toHaveLength(1);
    expect(readPeerText('a: 1\na: 2\n').findings[0]?.line).toBe(2);
    expect(readPeerText('').findings).not.toEqual([]);
  });

  it('asks for what a person has to decide', () => {
    const [finding] = readContractText('effect:\n  blast: {}\n  class: ""\n').findings.filter(
      ({ at }) => at === '/effect/class',
    );
    expect(finding).toMatchObject({ line: 3, message: expect.stringMatching(/Decide/) as unknown });
  });

  it('becomes the description of a server', () => {
    const { value } = readPeerText('{"id":"web","transport":"http","url":"https://tools.example/mcp"}');
    expect(value).toEqual({
      id: 'web',
      transport: 'http',
      url: 'https://tools.example/mcp',
      privateNetwork: false,
    });
  });
});
