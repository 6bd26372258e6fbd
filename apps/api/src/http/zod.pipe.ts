import { DomainError } from '@belay/errors';
import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

/** See `zod`. The api's description reads the contract from it. */
export class ZodPipe<Schema extends z.ZodType = z.ZodType> implements PipeTransform {
  constructor(readonly schema: Schema) {}

  transform(value: unknown): z.infer<Schema> {
    const parsed = this.schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`,
    );
    throw new DomainError('request.invalid', problems.join('; '));
  }
}

/** A pipe that parses a body or query by a contract; a failure names every bad field. */
export const zod = <Schema extends z.ZodType>(schema: Schema): ZodPipe<Schema> => new ZodPipe(schema);
