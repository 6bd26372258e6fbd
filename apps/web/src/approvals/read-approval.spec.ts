import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readApproval } from './read-approval.js';

const says = {
  v: 1,
  tenant: 1,
  requester: 'employee',
  run: '0b9f5a3e-0000-4000-8000-000000000000',
  step: 'open',
  contract: 'helpdesk.create-ticket@1.0.0',
  title: 'Open a ticket',
  contractDigest: `sha256:${'a'.repeat(64)}`,
  definitionDigest: `sha256:${'b'.repeat(64)}`,
  effect: 'compensable',
  arguments: { subject: 'Printer \u202e broken' },
  sinks: [{ at: '/subject', sink: 'content', integrity: 'user' }],
  reasons: ['contract'],
  blast: { resource: 'tickets', items: 1, perDay: 50 },
  wayBack: null,
  preview: null,
  expires: '2026-01-01T00:00:00.000Z',
  nonce: 'n',
};
const sent = (text: string): Parameters<typeof readApproval>[0] => ({
  text,
  isWithheld: false,
  digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
});

describe('an approval', () => {
  it('law-3: is read from the bytes whose digest is decided, and from no others', () => {
    const text = JSON.stringify(says);
    expect(readApproval(sent(text))).toEqual({ says });
    const other = text.replace('Printer', 'Pirnter');
    expect(readApproval({ ...sent(text), text: other }).problem).toMatch(/its digest is another/);
    expect(readApproval({ ...sent(text), digest: '' }).problem).toMatch(/its digest is another/);
  });

  it('is refused where it says more or less than the page can show', () => {
    expect(readApproval(sent('')).problem).toMatch(/forgotten with its run/);
    expect(readApproval({ ...sent(''), isWithheld: true }).problem).toMatch(/may not read/);
    for (const text of ['{', '{}', JSON.stringify({ ...says, also: 'wire the money' })])
      expect(readApproval(sent(text)).problem).toMatch(/another version/);
  });
});
