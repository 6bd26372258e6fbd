import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { InFlight } from './in-flight.js';

describe('requests under way', () => {
  it('are counted by person until each is closed', async () => {
    const inFlight = new InFlight(1, 'requests are under way');
    const response = new PassThrough();
    inFlight.admit(7, response);
    expect(() => inFlight.admit(7, new PassThrough())).toThrow(/already/);
    inFlight.admit(8, new PassThrough());
    response.destroy();
    await once(response, 'close');
    inFlight.admit(7, new PassThrough());
  });

  it('leave no count behind where whoever asked had gone before they were counted', async () => {
    const inFlight = new InFlight(1, 'requests are under way');
    const gone = new PassThrough();
    gone.destroy();
    await once(gone, 'close');
    expect(() => inFlight.admit(7, gone)).toThrow(/closed/);
    inFlight.admit(7, new PassThrough());
  });
});
