/** Fields of the link that were wrong and were repaired, on any page. */
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
            ? 'One field of the link was wrong and has its default value:'
            : `${repairs.length} fields of the link were wrong and have their default values:`}
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
