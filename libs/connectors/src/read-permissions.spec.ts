import { describe, expect, it } from '@jest/globals';
import { readPermissions } from './read-permissions.js';

const RESTRICTED = { kind: 'restricted', allow: ['group:hr'], deny: [] };
const ruleOn = (path: string) =>
  readPermissions(JSON.stringify({ rules: [{ path, allow: ['group:hr'] }] })).of;

describe('rules of a source', () => {
  it.each(['hr', '/hr/', './hr', 'hr/.', 'hr//', 'hr\\', './/hr'])(
    'law-1: %p restricts what lies in hr',
    (path) => {
      expect(ruleOn(path)('hr/pay.md')).toEqual(RESTRICTED);
      expect(ruleOn(path)('hrx/pay.md')).toEqual({ kind: 'inherited' });
    },
  );

  it('law-1: restricts a name however its accents are encoded', () => {
    expect(ruleOn('l\u00f6ner')('lo\u0308ner/pay.md')).toEqual(RESTRICTED);
    expect(ruleOn('lo\u0308ner')('l\u00f6ner/pay.md')).toEqual(RESTRICTED);
  });

  it.each(['hr/*', '**', 'a/../hr', '..'])('refuses %p, which would match nothing', (path) => {
    expect(() => ruleOn(path)).toThrow('belay-permissions.json');
  });

  it('restricts everything by an empty path, and more narrowly by a longer one', () => {
    expect(ruleOn('')('a.md')).toEqual(RESTRICTED);
    const text = JSON.stringify({
      rules: [
        { path: '', allow: [] },
        { path: './hr', allow: ['group:hr'] },
      ],
    });
    expect(readPermissions(text).of('hr/pay.md')).toEqual(RESTRICTED);
  });
});
