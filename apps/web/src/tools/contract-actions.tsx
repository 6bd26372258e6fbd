import { type ContractDetail, VerifiedContract } from '@belay/contracts';
import { Alert, Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api';
import { Failure } from '../failure';
import { DecideDocument } from './decide-document';
import { Changes } from './drift-history';

const ASIDES = {
  quarantine: {
    title: 'Quarantine this contract?',
    says: 'Nothing calls it until somebody approves it again. Runs that need it are held.',
    go: 'Quarantine it',
  },
  retire: {
    title: 'Retire this contract?',
    says: 'Nothing calls this version ever again. Another version can take its place.',
    go: 'Retire it',
  },
};

/** What can be done with a contract: decide about it, and compare it with its server. */
export function ContractActions({ detail, me }: { detail: ContractDetail; me: string }) {
  const queries = useQueryClient();
  const place = `tools/${detail.contract}/${detail.version}`;
  const verify = useMutation({
    mutationFn: () => call(VerifiedContract, 'POST', `${place}/verify`, {}),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tools'] }),
  });
  return (
    <>
      <DecideDocument
        detail={detail}
        place={place}
        another={`/tools/new?from=${detail.contract}@${detail.version}`}
        asides={ASIDES}
        me={me}
        more={
          <Button variant="light" loading={verify.isPending} onClick={() => verify.mutate()}>
            Compare with its server
          </Button>
        }
      />
      <div aria-live="polite">
        {verify.error && <Failure error={verify.error} retry={() => verify.mutate()} />}
        {verify.data?.matches && <Alert>Its server still says exactly what the contract pins.</Alert>}
        {verify.data && !verify.data.matches && (
          <Alert color="red" title="Its server says something else now, so it was quarantined">
            <Changes changes={verify.data.changes} />
          </Alert>
        )}
      </div>
    </>
  );
}
