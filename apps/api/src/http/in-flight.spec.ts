import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Closing } from './closing.js';
import { InFlight } from './in-flight.js';

const responseOn = (socket: PassThrough) => Object.assign(new PassThrough(), { req: { socket } });
const response = (): Closing & PassThrough => responseOn(new PassThrough());

describe('requests under way', () => {
  it('are counted by person until each is closed', async () => {
    const inFlight = new InFlight(1, 'requests are under way');
    const first = response();
    inFlight.admit(7, first);
    expect(() => inFlight.admit(7, response())).toThrow(/already/);
    inFlight.admit(8, response());
    first.destroy();
    await once(first, 'close');
    inFlight.admit(7, response());
  });

  it('leave no count behind where whoever asked had gone before they were counted', async () => {
    const inFlight = new InFlight(1, 'requests are under way');
    const gone = response();
    gone.destroy();
    await once(gone, 'close');
    expect(() => inFlight.admit(7, gone)).toThrow(/closed/);
    inFlight.admit(7, response());
  });

  it('end with their connection, also those that wait behind another of it, and each once', async () => {
    const inFlight = new InFlight(3, 'requests are under way');
    const socket = new PassThrough();
    const [first, second] = [responseOn(socket), responseOn(socket)];
    inFlight.admit(7, first);
    inFlight.admit(7, second);
    first.destroy();
    await once(first, 'close');
    socket.destroy();
    await once(socket, 'close');
    expect(() => inFlight.admit(7, second)).toThrow(/closed/);
    for (let count = 0; count < 3; count += 1) inFlight.admit(7, response());
    expect(() => inFlight.admit(7, response())).toThrow(/already/);
  });
});
