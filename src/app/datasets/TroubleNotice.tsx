import { Icon } from '../controls/icons.tsx';
import { dismissTrouble, useLibrary } from './library-store.ts';

export function TroubleNotice() {
  const trouble = useLibrary((state) => state.trouble);
  return (
    <div className="notices">
      {trouble && (
        <div className="notice danger" role="alert" data-testid="trouble">
          <p>
            <b>{trouble.what}</b> <span className="error-text">{trouble.why}</span>
          </p>
          <button
            type="button"
            className="quiet square"
            aria-label="Dismiss"
            data-testid="dismiss"
            onClick={dismissTrouble}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
