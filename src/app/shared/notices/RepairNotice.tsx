/** What was not right in the link, on whichever page it opened. */
import { runStore, useRun } from '../../bandit/stores/run-store.ts';
import { Dismiss } from './Dismiss.tsx';

export function MendedNotice() {
  const mended = useRun('mended');
  if (mended.length === 0) return null;
  return (
    <div className="notice" role="status" data-testid="notice">
      <div>
        <p>
          {mended.length === 1
            ? 'One field of the link was not right and stands at its default:'
            : `${mended.length} fields of the link were not right and stand at their defaults:`}
        </p>
        <ul>
          {mended.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </div>
      <Dismiss onClick={() => runStore.setState({ mended: [] })} />
    </div>
  );
}
