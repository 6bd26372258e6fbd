import { ContractDetail, type SignedInPerson } from '@belay/contracts';
import { Alert, List } from '@mantine/core';
import { useParams } from 'react-router';
import { StateBadge } from '../shown/state-badge';
import { EFFECTS } from '../shown/words';
import { ContractActions } from './contract-actions';
import { ContractBounds } from './contract-bounds';
import { readContractText } from './contract-text';
import { DryRun } from './dry-run';
import { DriftHistory } from './drift-history';
import { RecentCalls } from './recent-calls';
import { RecordedCalls } from './recorded-calls';
import { DocumentHead, DocumentText, LoadedDocument } from './registered-document';

/** One version of a contract: what it allows, its text with what was found in it, how it drifted, and its use. */
export function ContractPage({ person }: { person: SignedInPerson }) {
  const { contract = '', version = '' } = useParams();
  return (
    <LoadedDocument
      place={`tools/${encodeURIComponent(contract)}/${encodeURIComponent(version)}`}
      what="contract"
      schema={ContractDetail}
      list={{ to: '/tools', says: 'All contracts' }}
    >
      {(detail) => (
        <>
          <DocumentHead
            detail={detail}
            name={`${contract}@${version}`}
            badges={<StateBadge word={EFFECTS[detail.effect]} />}
          />
          {detail.refused.length > 0 && (
            <Alert color="red" title="It would not be registered today">
              <List size="sm">
                {detail.refused.map(({ rule, at, message }) => (
                  <List.Item key={`${rule} ${at}`}>
                    {at || '/'}: {message}
                  </List.Item>
                ))}
              </List>
              It stays in use until somebody quarantines or retires it.
            </Alert>
          )}
          <ContractActions detail={detail} me={person.name} />
          <ContractBounds document={detail.document} />
          <DriftHistory drift={detail.drift} />
          <DocumentText noun="contract" {...detail} read={readContractText} />
          {detail.state === 'approved' && <DryRun detail={detail} />}
          <RecordedCalls detail={detail} />
          <RecentCalls contract={contract} version={version} />
        </>
      )}
    </LoadedDocument>
  );
}
