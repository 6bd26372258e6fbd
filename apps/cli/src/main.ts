import { isDomainError } from '@belay/errors';
import { Command, CommanderError } from 'commander';
import { addApprovalCommands, addKillCommands } from './commands/approval-commands.js';
import { addAuditCommands } from './commands/audit-commands.js';
import { addConversationCommands } from './commands/conversation-commands.js';
import { addDocumentCommands } from './commands/document-commands.js';
import { addDoCommand } from './commands/do-command.js';
import { addEvalCommands } from './commands/eval-commands.js';
import { addGenerationCommands } from './commands/generation-commands.js';
import { addIdentityCommands } from './commands/identity-commands.js';
import { addModelCommands } from './commands/model-commands.js';
import { addPermissionCommands } from './commands/permission-commands.js';
import { addRemovalCommands } from './commands/removal-commands.js';
import { addRunCommands } from './commands/run-commands.js';
import { addSourceCommands } from './commands/source-commands.js';
import { addPlaybookCommands } from './commands/playbook-commands.js';
import { addQuestionCommands } from './commands/question-commands.js';
import { addToolCommands } from './commands/tool-commands.js';
import { processContext, type Context } from './context.js';
import { CliError, EXIT, type ExitCode } from './failure.js';
import { addSupervisorCommands } from './supervisor/commands.js';
import { workspaceVersion } from './workspace.js';

/** Runs one command line and returns its exit code. The environment is passed in, never read here. */
export async function main(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  context: Context = processContext(environment),
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = buildProgram(context, (finished) => (code = finished));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, context);
  }
}

/** The whole command, without running it. */
export function buildProgram(context: Context, finish: (code: ExitCode) => void): Command {
  const program = new Command('belay')
    .description("Answers from a company's own documents, by permission")
    .version(workspaceVersion())
    .showHelpAfterError('(see the command with --help)')
    .exitOverride();
  addSupervisorCommands(program, context, finish);
  addQuestionCommands(program, context, finish);
  addConversationCommands(program, context);
  addDocumentCommands(program, context, finish);
  addRemovalCommands(program, context, finish);
  addSourceCommands(program, context, finish);
  addPermissionCommands(program, context);
  addIdentityCommands(program, context);
  addModelCommands(program, context, finish);
  addAuditCommands(program, context, finish);
  addEvalCommands(program, context);
  addGenerationCommands(program, context);
  addToolCommands(program, context, finish);
  addPlaybookCommands(program, context, finish);
  addDoCommand(program, context, finish);
  addRunCommands(program, context, finish);
  addApprovalCommands(program, context);
  addKillCommands(program, context);
  return program;
}

function report(error: unknown, context: Context): ExitCode {
  // Commander has printed its own message, and help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    context.note(`belay: ${error.message}`);
    return error.exitCode;
  }
  if (isDomainError(error)) {
    context.note(`belay: ${error.message}`);
    return error.code === 'request.invalid' ? EXIT.usage : EXIT.failure;
  }
  context.note(`belay: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.failure;
}
