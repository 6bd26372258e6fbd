import { Alert, Button, Text } from '@mantine/core';
import { useRef } from 'react';
import { Plain } from '../shown/plain';
import type { PlacedFinding } from './contract-text';

/**
 * A text of YAML with its lines numbered and what was found marked on them; each finding leads to its line. Without
 * `change` it is for reading.
 */
export function TextEditor({
  label,
  text,
  findings,
  change,
}: {
  label: string;
  text: string;
  findings: readonly PlacedFinding[];
  change?: (text: string) => void;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = text.split('\n');
  const worst = new Map<number, PlacedFinding['severity']>();
  for (const { line, severity } of findings) if (worst.get(line) !== 'error') worst.set(line, severity);
  const goTo = (line: number): void => {
    const start = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    const top = (area.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    window.scrollTo({ top: top + line * LINE_PX - window.innerHeight / 2 });
  };
  return (
    <div>
      <div className="editor">
        <pre className="gutter" aria-hidden="true">
          {lines.map((_, at) => (
            <div key={at} data-severity={worst.get(at + 1)}>
              {at + 1}
            </div>
          ))}
        </pre>
        <textarea
          ref={area}
          aria-label={label}
          value={text}
          rows={lines.length}
          readOnly={!change}
          spellCheck={false}
          autoCapitalize="off"
          onChange={(event) => change?.(event.currentTarget.value)}
        />
      </div>
      {change && text.trim() !== '' && <Findings findings={findings} goTo={goTo} />}
    </div>
  );
}

const LINE_PX = 20;

function Findings({ findings, goTo }: { findings: readonly PlacedFinding[]; goTo: (line: number) => void }) {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return (
    <section aria-label="Findings" aria-live="polite">
      {findings.length === 0 ? (
        <Text size="sm" mt="xs">
          No problem was found.
        </Text>
      ) : (
        <Alert
          mt="xs"
          color={errors > 0 ? 'red' : 'yellow'}
          title={errors > 0 ? `${errors} to put right` : 'To be weighed by whoever approves it'}
        >
          <ul className="steps">
            {findings.map(({ line, at, rule, message, severity }, index) => (
              <li key={index}>
                <Button variant="subtle" size="compact-sm" onClick={() => goTo(line)}>
                  Line {line}
                </Button>{' '}
                <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {severity === 'warning' && errors > 0 && 'To be weighed: '}
                  <Plain text={at} /> <Plain text={message} />{' '}
                  {rule !== 'document' && (
                    <Text span size="xs">
                      {rule}
                    </Text>
                  )}
                </Text>
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </section>
  );
}
