import { Dismiss } from '../shared/notices/Dismiss.tsx';
import { MendedNotice } from '../shared/notices/RepairNotice.tsx';
import { dismissTrouble, useLibrary } from '../shared/library/library-store.ts';

export function TroubleNotice() {
  const trouble = useLibrary((state) => state.trouble);
  return (
    <div className="notices">
      {trouble && (
        <div className="notice danger" role="alert" data-testid="trouble">
          <p>
            <b>{trouble.what}</b> <span className="error-text">{trouble.why}</span>
          </p>
          <Dismiss onClick={dismissTrouble} />
        </div>
      )}
      <MendedNotice />
    </div>
  );
}
