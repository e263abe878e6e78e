/** Results of the seeds as bands of charts, rows of tables, and labels. */
import type { MethodId } from '../../../bandit/methods.ts';
import { formatList } from '../../shared/format.ts';
import type { OtherRow } from '../plots/series/series.ts';
import type { CurveBand } from '../plots/types.ts';
import type { SeedGroup, Seeds } from './seeds-store.ts';

/** The mean of a quantity over a method's seeds, at the steps that have it; undefined where none has. */
export function bandOf(group: SeedGroup | undefined, quantity: string): CurveBand | undefined {
  const points = (group?.points ?? []).flatMap(({ step, means }) => {
    const mean = means[quantity];
    return mean ? [{ step, ...mean }] : [];
  });
  if (!group || points.length === 0) return undefined;
  const column = (name: 'step' | 'value' | 'low' | 'high') => Float64Array.from(points, (point) => point[name]);
  return {
    name: `Mean of ${group.seeds.length} seeds`,
    x: column('step'),
    mean: column('value'),
    low: column('low'),
    high: column('high'),
  };
}

/** Every row of the other seeds, seed by seed. */
export function otherRows(groups: Seeds['groups']): OtherRow[] {
  return (Object.entries(groups) as [MethodId, SeedGroup][]).flatMap(([method, { seeds, points }]) =>
    seeds.flatMap((seed) =>
      points.flatMap(({ step, others }) => {
        const own = others.find((other) => other.seed === seed);
        return own ? [{ method, step, ...own }] : [];
      }),
    ),
  );
}

/** "seed 1", "seeds 1 and 2", "seeds 0 to 4". */
export function seedsLabel(seeds: readonly number[]): string {
  const [first = 0, last = 0] = [seeds[0], seeds.at(-1)];
  if (seeds.length < 2) return `seed ${first}`;
  const follow = seeds.length > 2 && last - first === seeds.length - 1;
  return `seeds ${follow ? `${first} to ${last}` : formatList(seeds.map(String))}`;
}
