/** Checks a page with axe, an accessibility checker. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';

/**
 * Fails, softly, if there is a serious or critical violation.
 *
 * @param part Selector of the part to check; by default the whole page.
 */
export async function expectNoBarriers(page: Page, where: string, part?: string): Promise<void> {
  // The page has no frames, for which the checker would otherwise carry what it found through a page of its own.
  let checker = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  if (part !== undefined) checker = checker.include(part);
  const { violations } = await checker.analyze();
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ target }) => target.join(' ')).join('\n  ')}`);
  expect.soft(grave, where).toEqual([]);
}
