import { describe, expect, it } from '@jest/globals';
import { sayResource } from './say-resource';

const ID = '0a4e301f-d052-4825-a6e3-ba82eed4b2fc';
const COLLECTION = '3f2c8a54-6c1e-4f0e-9a55-0c7d1f6b2e90';
const NAMES = new Map([[COLLECTION, 'handbook']]);

describe('on what something happened, on the audit page', () => {
  it.each([
    ['run.start', ID, { text: 'action 0a4e301f…', page: `/actions/${ID}` }],
    ['answer.feedback', ID, { text: 'answer 0a4e301f…' }],
    ['permission.change', ID, { text: '0a4e301f…' }],
    ['permission.change', 'handbook/leave', { text: 'handbook/leave' }],
    ['permission.change', `${COLLECTION}/leave`, { text: 'handbook/leave' }],
    ['source.change', COLLECTION, { text: 'handbook' }],
    ['run.effect', 'helpdesk.create-ticket@1.1.0', { text: 'helpdesk.create-ticket@1.1.0' }],
    ['source.sync', `source/${ID}`, { text: 'source/0a4e301f…' }],
  ])('%s on %s', (type, resource, said) => expect(sayResource(type, resource, NAMES)).toEqual(said));
});
