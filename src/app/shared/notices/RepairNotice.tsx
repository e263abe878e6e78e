/** What was not right in the link, on whichever page it opened. */
import { useStore } from 'zustand';
import { repairsStore } from '../repairs-store.ts';
import { Dismiss } from './Dismiss.tsx';

export function RepairNotice() {
  const repairs = useStore(repairsStore);
  if (repairs.length === 0) return null;
  return (
    <div className="notice" role="status" data-testid="notice">
      <div>
        <p>
          {repairs.length === 1
            ? 'One field of the link was not right and stands at its default:'
            : `${repairs.length} fields of the link were not right and stand at their defaults:`}
        </p>
        <ul>
          {repairs.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </div>
      <Dismiss onClick={() => repairsStore.setState([], true)} />
    </div>
  );
}
