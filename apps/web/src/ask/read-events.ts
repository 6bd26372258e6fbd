import { AnswerEvent } from '@belay/contracts';

/** The events of a server-sent stream, as each one is complete. Comments and unknown events are skipped. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) yield event;
    }
  }
}

function parseEvent(block: string): AnswerEvent | undefined {
  const lines = block.split(/\r?\n/);
  const values = (field: string) =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  try {
    return AnswerEvent.parse({ event: values('event')[0], data: JSON.parse(values('data').join('\n')) });
  } catch {
    return undefined;
  }
}
