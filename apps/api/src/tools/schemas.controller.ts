import { ToolContract } from '@belay/contracts';
import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import { Public } from '../http/requires.decorator.js';

const TOOL_CONTRACT = {
  ...z.toJSONSchema(ToolContract, { io: 'input', target: 'draft-2020-12' }),
  $id: '/v1/schemas/tool-contract',
  title: 'Belay tool contract',
};

/** JSON Schemas of the documents that people write, for editors. They say nothing of what is stored. */
@Controller('v1/schemas')
export class SchemasController {
  @Get('tool-contract')
  @Public()
  toolContract(): Record<string, unknown> {
    return TOOL_CONTRACT;
  }
}
