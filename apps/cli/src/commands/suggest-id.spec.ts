import { describe, expect, it } from '@jest/globals';
import { idFor } from './suggest-id.js';

describe('the id that is suggested for a server', () => {
  it.each([
    ['modelcontextprotocol-server-memory-2026.8.31', 'memory'],
    ['belay-mcp-helpdesk-1.0.0', 'helpdesk'],
    ['acme-github-mcp-server-0.3.1-beta.2', 'acme-github'],
    ['formats', 'formats'],
    ['mcp-server-1.0.0', 'server'],
    ['7zip-tools-2.0.0', 'zip-tools'],
  ])('of %s is %s', (artifact, id) => expect(idFor(artifact)).toBe(id));

  it('is short, and an id', () => {
    const id = idFor(`a${'-very'.repeat(40)}-1.0.0`);
    expect(id).toMatch(/^[a-z][a-z0-9-]*[a-z0-9]$/);
    expect(id.length).toBeLessThanOrEqual(30);
  });
});
