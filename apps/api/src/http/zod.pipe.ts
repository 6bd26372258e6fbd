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

const AN_ID = '3f2c8a54-6c1e-4f0e-9a55-0c7d1f6b2e90';

/** A pipe that parses a body or query by a contract; a failure names every bad field. */
export const zod = <Schema extends z.ZodType>(schema: Schema): ZodPipe<Schema> => new ZodPipe(schema);

/** An id and a number in the path of a route. */
class IdPipe extends ZodPipe<z.ZodUUID> {
  override transform(value: unknown): string {
    const { data, success } = this.schema.safeParse(value);
    if (success) return data;
    const given = String(value).slice(0, 60);
    throw new DomainError('request.invalid', `"${given}" is not an id. An id looks like ${AN_ID}.`);
  }
}

export const anId = new IdPipe(z.uuid());
export const aNumber = new ZodPipe(z.coerce.number().int(), 'The number in the address');
