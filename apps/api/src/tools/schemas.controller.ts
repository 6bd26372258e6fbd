import { Playbook, ToolContract } from '@belay/contracts';
import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import { Public } from '../http/requires.decorator.js';

const TOOL_CONTRACT = schemaOf(ToolContract, 'tool-contract', 'Belay tool contract');
const PLAYBOOK = schemaOf(Playbook, 'playbook', 'Belay playbook');

function schemaOf(contract: z.ZodType, name: string, title: string): Record<string, unknown> {
  const schema = z.toJSONSchema(contract, { io: 'input', target: 'draft-2020-12' });
  return { ...schema, $id: `/v1/schemas/${name}`, title };
}

/** JSON Schemas of the documents that people write, for editors. They say nothing of what is stored. */
@Controller('v1/schemas')
export class SchemasController {
  @Get('tool-contract')
  @Public()
  toolContract(): Record<string, unknown> {
    return TOOL_CONTRACT;
  }

  @Get('playbook')
  @Public()
  playbook(): Record<string, unknown> {
    return PLAYBOOK;
  }
}
