import { describe, expect, it } from '@jest/globals';
import { sayResource } from './say-resource';

const ID = '0a4e301f-d052-4825-a6e3-ba82eed4b2fc';

describe('on what something happened, on the audit page', () => {
  it.each([
    ['run.start', ID, { text: 'action 0a4e301f…', page: `/actions/${ID}` }],
    ['answer.feedback', ID, { text: 'answer 0a4e301f…' }],
    ['permission.change', ID, { text: '0a4e301f…' }],
    ['permission.change', 'handbook/leave', { text: 'handbook/leave' }],
    ['run.effect', 'helpdesk.create-ticket@1.1.0', { text: 'helpdesk.create-ticket@1.1.0' }],
    ['source.sync', `source/${ID}`, { text: 'source/0a4e301f…' }],
  ])('%s on %s', (type, resource, said) => expect(sayResource(type, resource)).toEqual(said));
});
