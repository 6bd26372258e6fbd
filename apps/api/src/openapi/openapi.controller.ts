import { Controller, Get, Inject } from '@nestjs/common';
import { Public } from '../http/requires.decorator.js';

export const DESCRIPTION = 'belay:description';

/** What the api can be asked, for tools that make clients. It says nothing of what is stored. */
@Controller()
export class OpenApiController {
  constructor(@Inject(DESCRIPTION) private readonly description: Record<string, unknown>) {}

  @Get('openapi.json')
  @Public()
  describe(): Record<string, unknown> {
    return this.description;
  }
}
