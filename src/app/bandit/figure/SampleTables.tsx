/** Numbers in place of a panel's plots. */
import type { Mode } from '../../../datasets/bandit.ts';
import { formatFixed, formatShare, MISSING } from '../../shared/format.ts';
import { modeName } from '../plots/modes.ts';
import { PlotTable } from '../../shared/plots/plot-table.tsx';
import type { Shown } from '../stores/frame-store.ts';

interface SampleTablesProps {
  name: string;
  shown: Shown | null;
  modes: readonly Mode[];
  shares: readonly number[];
}

export function SampleTables({ name, shown, modes, shares }: SampleTablesProps) {
  return (
    <PlotTable
      visible
      className="panel-table"
      caption={`${name}: samples nearest to each mode`}
      columns={['Mode', 'Reward', 'Samples', 'Data']}
      rows={modes.map((mode, index) => [
        modeName(index, modes),
        formatFixed(mode.reward, 1),
        shown ? formatShare(shown.metrics.nearest[index] ?? 0) : MISSING,
        formatShare(shares[index] ?? 0),
      ])}
    />
  );
}
