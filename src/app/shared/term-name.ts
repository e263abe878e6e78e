/** What the terms of a loss are called on the page. */
const TERMS: Readonly<Record<string, string>> = {
  bcLoss: 'Cloning loss',
  criticLoss: 'Critic loss',
  qLoss: 'Q loss',
  vaeLoss: 'VAE loss',
  actorLoss: 'Actor loss',
  policyLoss: 'Policy loss',
  mmdLoss: 'MMD loss',
  meanQ: 'Mean Q',
  targetQ: 'Target Q',
  mmd: 'MMD',
};

/** "criticLoss" → "Critic loss", also for terms that this table does not know. */
export function termName(term: string): string {
  const known = TERMS[term];
  if (known) return known;
  const words = term.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
