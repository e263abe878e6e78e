/** Keys, and what each does. */
export function KeyList({ entries }: { entries: readonly { keys: string; does: string }[] }) {
  return (
    <dl className="keys">
      {entries.map(({ keys, does }) => (
        <div key={keys}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  );
}
