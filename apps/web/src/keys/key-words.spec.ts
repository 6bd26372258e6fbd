import { describe, expect, it } from '@jest/globals';
import { keyActionsOf } from './key-words';

describe('the actions that keys are offered for', () => {
  it('are those of the person', () => {
    const member = ['ask:Answer', 'read:Answer,Document', 'write:Document', 'act:Run', 'approve:Run'];
    expect(keyActionsOf({ actions: member })).toEqual(['ask', 'read', 'write', 'act']);
    expect(keyActionsOf({ actions: [...member, 'administer:Identity'] })).toContain('administer');
    expect(keyActionsOf({ actions: [] })).toEqual([]);
  });
});
