/** A short text for each method, and its loss as TeX: braces keep together what no line should break. */
import type { MethodId } from '../../bandit/methods.ts';

export interface MethodWords {
  /** Paragraphs. */
  text: readonly string[];
  /** Display formulas, one a line. */
  loss: readonly string[];
  /** What the panel shows that a reader of the paper should know. */
  remark?: string;
}

const Q_LOSS = String.raw`\mathcal{L}_q(\theta) = -\,\frac{\eta}{\operatorname{mean}\lvert Q_k(s,a^0)\rvert}\;\mathbb{E}_{s,\;a^0\sim\pi_\theta}\bigl[Q_j(s,a^0)\bigr]`;
const CRITIC = String.raw`\mathcal{L}(\phi_i) = \mathbb{E}_{(s,a,r)}\bigl[(Q_{\phi_i}(s,a) - r)^2\bigr],\quad {i = 1, 2}`;
const VAE = String.raw`\mathcal{L}_{\text{VAE}} = \lVert a - D(s,z)\rVert^2 + \tfrac{1}{2}\,\mathrm{KL}\bigl({E(z\mid s,a)\,\Vert\,\mathcal{N}(0,I)}\bigr)`;
const MMD = String.raw`\mathrm{MMD}(\pi,\hat\mu) = \sqrt{\,\overline{k(x,x')} + \overline{k(y,y')} - 2\,\overline{k(x,y)} + 10^{-6}}`;
const KERNEL = String.raw`k(x,y)=e^{-\lVert x-y\rVert_1/(2\sigma)}`;
const COIN =
  'Two critics regress the reward; at every step a coin picks which of them the policy climbs, and the mean size of the other scales the term.';

export const METHOD_WORDS: Readonly<Record<MethodId, MethodWords>> = {
  'bc-mle': {
    text: [
      'One Gaussian, fitted by maximum likelihood. It can say where the data are on average and how far they spread, and nothing else: with four modes around the origin it covers the empty middle.',
    ],
    loss: [
      String.raw`\mathcal{L}(\theta) = -\,\mathbb{E}_{(s,a)}\bigl[\log \mathcal{N}\bigl({a \mid \mu_\theta(s), \sigma_\theta^2(s)}\bigr)\bigr]`,
    ],
    remark: 'Samples are drawn unclipped, as in the paper’s figure.',
  },
  'bc-cvae': {
    text: [
      'A variational autoencoder: an encoder squeezes an action into a latent of four numbers, a decoder brings it back, and samples decode fresh latents clipped to ±0.5.',
      'A decoder is continuous, so it can’t jump from one mode to another: samples lie on a band between modes, and in long runs it settles on two diagonal ones.',
    ],
    loss: [VAE],
  },
  'bc-mmd': {
    text: [
      'A tanh-Gaussian actor whose samples are to look like those of the autoencoder next door, as measured by the maximum mean discrepancy with a wide Laplacian kernel.',
      'A kernel much wider than the square sees little more than means: the actor spreads out and catches on the edges.',
    ],
    loss: [
      VAE,
      String.raw`\mathcal{L}(\theta) = \mathrm{MMD}\bigl(\pi_\theta(\cdot\mid s),\, D(s,\cdot)\bigr)`,
      MMD,
      KERNEL,
    ],
    remark: 'As published, the comparison is made before the tanh, on 10 samples a state on either side.',
  },
  'bc-diffusion': {
    text: [
      'A denoiser learns to tell the noise in a noised action; sampling starts from pure noise and removes it in T small steps. Many small steps can bend one blob into any number of separate modes.',
      'It is Diffusion-QL without Q: the loss is the denoising loss alone.',
    ],
    loss: [
      String.raw`\mathcal{L}_d(\theta) = \mathbb{E}_{i,\,\epsilon,\,(s,a)}\Bigl[\bigl\lVert \epsilon - \epsilon_\theta\bigl(\sqrt{\bar\alpha_i}\,a + \sqrt{1-\bar\alpha_i}\,\epsilon,\; s,\; i\bigr)\bigr\rVert^2\Bigr]`,
    ],
  },
  'td3-bc-gaussian': {
    text: [
      'The Gaussian of BC-MLE, which also climbs a learned Q.',
      COIN,
      'The likelihood term pulls it to the mean of all data, where there are none; Q pulls it to the best corner and past it.',
    ],
    loss: [
      String.raw`\mathcal{L}(\theta) = -\,\mathbb{E}\bigl[\log \pi_\theta(a\mid s)\bigr] + \mathcal{L}_q(\theta)`,
      Q_LOSS,
      CRITIC,
    ],
    remark:
      'The paper calls this panel TD3+BC. It is a Gaussian policy with a likelihood term; the deterministic policy with an L2 term of TD3+BC’s own paper is shown beside it.',
  },
  'td3-bc': {
    text: [
      'TD3+BC as its own authors published it: a deterministic policy, held to the data by a squared distance. For one state it gives one action, so its panel is one point.',
      COIN,
    ],
    loss: [
      String.raw`\mathcal{L}(\theta) = \mathbb{E}\bigl[\lVert a - \pi_\theta(s)\rVert^2\bigr] + \mathcal{L}_q(\theta)`,
      Q_LOSS,
      CRITIC,
    ],
    remark: 'It isn’t in the paper’s bandit figure; it is here so that the name can be checked against the thing.',
  },
  'td3-bc-mdn': {
    text: [
      'The policy is a mixture of Gaussians (four, unless you change it), fitted by likelihood, and climbs Q like the others. A mixture can hold separate modes if its components find them.',
      COIN,
    ],
    loss: [
      String.raw`\mathcal{L}(\theta) = -\,\mathbb{E}\Bigl[\log \sum_m w_m(s)\,\mathcal{N}\bigl({a \mid \mu_m(s), \sigma_m^2(s)}\bigr)\Bigr] + \mathcal{L}_q(\theta)`,
      Q_LOSS,
      CRITIC,
    ],
    remark: 'From the paper’s appendix, not from its bandit figure.',
  },
  bcq: {
    text: [
      'Actions decoded by the autoencoder are moved a little (at most Φ = 0.05 of the square) by a network that climbs Q₁, and of ten such candidates the one with the highest Q₁ is taken.',
      'It can only choose among what the autoencoder offers, the band between modes included.',
    ],
    loss: [
      VAE,
      String.raw`\mathcal{L}(\xi) = -\,\mathbb{E}\bigl[Q_1\bigl(s,\; \hat a + \Phi\,\tanh \xi(s,\hat a)\bigr)\bigr],\quad {\hat a = D(s,z)}`,
      CRITIC,
    ],
    remark:
      'This is BCQ proper. The published panel draws the autoencoder’s samples alone: set BCQ candidates to 1 to come near it.',
  },
  'bear-mmd': {
    text: [
      'The actor of BC-MMD climbs Q as long as its discrepancy from the data’s autoencoder stays under a threshold; a Lagrange multiplier, learned alongside, pulls it back.',
    ],
    loss: [
      VAE,
      String.raw`\mathcal{L}(\theta) = -\,\frac{1}{\operatorname{mean}\lvert Q_k\rvert}\,\mathbb{E}\bigl[Q_j(s,a)\bigr] + e^{l}\,\bigl(\mathrm{MMD}(\pi_\theta,\hat\mu) - \varepsilon\bigr)`,
      MMD,
      KERNEL,
      CRITIC,
    ],
    remark: 'η is fixed at 1 here, as in the published code, so the slider leaves BEAR alone.',
  },
  'diffusion-ql': {
    text: [
      'The method of the paper: a diffusion policy that stays on the data by its denoising loss and climbs Q by a second term, whose gradient passes back through the whole reverse chain.',
      COIN,
      'η sets the balance. Near 0 all modes stay; as it grows, samples gather on the mode with the highest reward, without leaving the data.',
    ],
    loss: [String.raw`\mathcal{L}(\theta) = \mathcal{L}_d(\theta) + \mathcal{L}_q(\theta)`, Q_LOSS, CRITIC],
    remark: 'Plain samples are shown, as in the paper’s bandit; with more candidates one is chosen by Q.',
  },
};

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
