import { hasUnseen, type Slot, type SlotType, type SlotValue } from '@belay/contracts';
import { linearExpression } from '../contracts/linear-expression.js';
import { z } from 'zod';

/** A value as its slot takes it, or what is wrong with it in words that go on after the slot's name. */
export type SlotReading =
  | { readonly value: SlotValue; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

const YES = new Set(['yes', 'y', 'true']);
const NO = new Set(['no', 'n', 'false']);
const Email = z.email();
const Day = z.iso.date();

const READERS: Readonly<Record<SlotType, (value: SlotValue, slot: Slot) => SlotReading>> = {
  text: (value, slot) => readText(value, slot),
  identifier: (value, slot) => {
    const reading = readText(value, slot);
    return typeof reading.value === 'string' && /\s/.test(reading.value)
      ? { problem: 'must be one word' }
      : reading;
  },
  number: (value) => {
    const number =
      typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number)
      ? { value: number }
      : { problem: 'must be a number' };
  },
  'yes-no': (value) => {
    const word = String(value).trim().toLowerCase();
    if (YES.has(word)) return { value: true };
    return NO.has(word) ? { value: false } : { problem: 'must be yes or no' };
  },
  choice: (value, { choices = [] }) => {
    const wanted = String(value).trim().toLowerCase();
    const found = choices.find((choice) => choice.toLowerCase() === wanted);
    return found === undefined ? { problem: `must be one of ${choices.join(', ')}` } : { value: found };
  },
  date: (value) =>
    Day.safeParse(value).success ? { value: String(value) } : { problem: 'must be a day, as in 2027-01-31' },
  email: (value) => {
    const address = String(value).trim();
    return Email.safeParse(address).success
      ? { value: address }
      : { problem: 'must be an e-mail address, as in ada@example.org' };
  },
};

/** Reads what a person gave for a slot. */
export function readSlot(slot: Slot, value: SlotValue): SlotReading {
  if (typeof value === 'string' && hasUnseen(value))
    return { problem: 'holds characters that people do not see' };
  return READERS[slot.type](value, slot);
}

function readText(value: SlotValue, { pattern }: Slot): SlotReading {
  const text = typeof value === 'boolean' ? '' : String(value).trim();
  if (text === '') return { problem: 'must not be empty' };
  if (pattern !== undefined && !linearExpression(pattern).matches(text))
    return { problem: 'does not have the form that is expected' };
  return { value: text };
}
