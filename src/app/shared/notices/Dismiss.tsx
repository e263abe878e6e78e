import { Icon } from '../controls/icons.tsx';

export function Dismiss({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" className="quiet square" aria-label="Dismiss" data-testid="dismiss" onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
