const VERSION = /-\d+\.\d.*$/;
const SAYS_NOTHING = new Set(['mcp', 'server']);
const LONGEST = 30;

/**
 * A short id for the server of an artifact: what its name says besides that it is a server, such as `memory` for
 * modelcontextprotocol-server-memory-2026.8.31.
 */
export function idFor(artifact: string): string {
  const words = artifact
    .replace(VERSION, '')
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const after = words.slice(words.findLastIndex((word) => SAYS_NOTHING.has(word)) + 1);
  const telling = after.length > 0 ? after : words.filter((word) => !SAYS_NOTHING.has(word));
  const id = telling
    .join('-')
    .replace(/^[^a-z]+/, '')
    .slice(0, LONGEST)
    .replace(/-+$/, '');
  return id === '' ? 'server' : id;
}
