import { readAs } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import type { PipeTransform } from '@nestjs/common';
import { z } from 'zod';

/** See `zod`. The api's description reads the contract from it. */
export class ZodPipe<Schema extends z.ZodType = z.ZodType> implements PipeTransform {
  constructor(
    readonly schema: Schema,
    private readonly whole = 'The body of the request',
  ) {}

  transform(value: unknown): z.infer<Schema> {
    const { data, problem } = readAs(this.schema, value ?? {}, this.whole);
    if (problem === undefined) return data as z.infer<Schema>;
    throw new DomainError('request.invalid', problem);
  }
}

/** A pipe that parses a body or query by a contract; a failure names every bad field. */
export const zod = <Schema extends z.ZodType>(schema: Schema): ZodPipe<Schema> => new ZodPipe(schema);

/** An id and a number in the path of a route. */
export const anId = new ZodPipe(z.uuid(), 'The id in the address');
export const aNumber = new ZodPipe(z.coerce.number().int(), 'The number in the address');
