const DAY = { day: 'numeric', month: 'short', year: 'numeric' } as const;
const TIME = { ...DAY, hour: '2-digit', minute: '2-digit' } as const;
const say = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', options);
const [day, dayAlone, time, moment] = [
  say(DAY),
  say({ ...DAY, timeZone: 'UTC' }),
  say(TIME),
  say({ ...TIME, second: '2-digit' }),
];

/** A day as people read it, such as 3 Nov 2026: that of a time by the clock of whoever reads, or of a date as it is. */
export const sayDay = (at: string): string => (at.length > 10 ? day : dayAlone).format(new Date(at));

/** A time as people read it, by their own clock: 3 Nov 2026, 14:05. */
export const sayTime = (at: string): string => time.format(new Date(at));

/** The same to the second, where what came first matters. */
export const sayMoment = (at: string): string => moment.format(new Date(at));
