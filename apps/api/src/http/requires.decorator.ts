import type { Action, Subject } from '@belay/access';
import { SetMetadata } from '@nestjs/common';

export const REQUIRES = 'belay:requires';
export const PUBLIC = 'belay:public';

/** What a person must be allowed to do to call a route. Every route carries this or `@Public()`. */
export const Requires = (action: Action, subject: Subject): MethodDecorator =>
  SetMetadata(REQUIRES, [action, subject]);

/** A route that anybody may call. */
export const Public = (): MethodDecorator => SetMetadata(PUBLIC, true);
