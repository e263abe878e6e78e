/**
 * The methods of the bandit. Form, link, help, command line, figure and tests are made from the row of a method, and
 * registry.ts binds its algorithm. This file imports no tensor library, because the page's own thread loads it.
 */
import type { SettingKey, Settings } from './settings.ts';

/** The row of the paper's bandit figure: pure behaviour cloning, or cloning with policy improvement by a learned Q. */
export type MethodRow = 'cloning' | 'q-learning';

interface MethodSpec {
  /** Short name, as on a panel. */
  readonly name: string;
  readonly row: MethodRow;
  /** Whether samples come from a reverse diffusion process, which the page can show step by step. */
  readonly isDiffusion: boolean;
  /** Where the method was published. */
  readonly source: string;
  /** The settings that it reads, besides those that every method reads. */
  readonly settings: readonly SettingKey[];
  /** Where its fast preset differs from that of the other methods. */
  readonly fast?: Readonly<Partial<Settings>>;
  /**
   * Milliseconds of a training step on wasm, fast preset, on one core of 2024, and what each reverse step adds for a
   * policy that is trained through all of them. Only the ratios between methods count.
   */
  readonly cost: { readonly stepMs: number; readonly reverseStepMs?: number };
  /** Its line in a plot: a CSS colour that follows the theme, at least 3 : 1 against the surface; a dash array of SVG. */
  readonly style: { readonly color: string; readonly dash: string };
  /** What it does, in paragraphs. */
  readonly text: readonly string[];
  /** Its loss as display formulas in TeX, one a line; braces keep together what no line should break. */
  readonly loss: readonly string[];
  /** Where the panel differs from what a reader of the paper expects. */
  readonly remark?: string;
}

interface MethodInfo extends MethodSpec {
  readonly id: MethodId;
  /** Whether the method learns a critic, whose Q the page can show. */
  readonly hasCritic: boolean;
}

const EVERY_METHOD: readonly SettingKey[] = ['hidden', 'batchSize', 'learningRate', 'decay', 'decaySteps'];
const DIFFUSION_SETTINGS: readonly SettingKey[] = [
  ...(['gradientClip', 'diffusionSteps', 'schedule', 'timeWidth', 'sampler', 'ddimSteps'] as const),
  ...(['emaDecay', 'emaStart', 'emaEvery', 'sampleWith'] as const),
];
const CRITIC_SETTINGS: readonly SettingKey[] = ['criticLearningRate', 'criticDecaySteps'];
const Q_SETTINGS: readonly SettingKey[] = ['eta', 'normalizeQ'];
const MMD_SETTINGS: readonly SettingKey[] = ['mmdSigma', 'mmdSamples'];

const Q_LOSS = String.raw`\mathcal{L}_q(\theta) = -\,\frac{\eta}{\operatorname{mean}\lvert Q_k(s,a^0)\rvert}\;\mathbb{E}_{s,\;a^0\sim\pi_\theta}\bigl[Q_j(s,a^0)\bigr]`;
const CRITIC = String.raw`\mathcal{L}(\phi_i) = \mathbb{E}_{(s,a,r)}\bigl[(Q_{\phi_i}(s,a) - r)^2\bigr],\quad {i = 1, 2}`;
const VAE = String.raw`\mathcal{L}_{\text{VAE}} = \lVert a - D(s,z)\rVert^2 + \tfrac{1}{2}\,\mathrm{KL}\bigl({E(z\mid s,a)\,\Vert\,\mathcal{N}(0,I)}\bigr)`;
const MMD = String.raw`\mathrm{MMD}(\pi,\hat\mu) = \sqrt{\,\overline{k(x,x')} + \overline{k(y,y')} - 2\,\overline{k(x,y)} + 10^{-6}}`;
const KERNEL = String.raw`k(x,y)=e^{-\lVert x-y\rVert_1/(2\sigma)}`;
const COIN =
  'Two critics regress the reward; at every step a coin picks which of them the policy climbs, and the mean size of the other scales the term.';

const SPECS = {
  'bc-mle': {
    name: 'BC-MLE',
    row: 'cloning',
    isDiffusion: false,
    source: 'Pomerleau, 1988; Wang et al., 2023, §4',
    settings: [],
    cost: { stepMs: 1.9 },
    style: { color: 'var(--line-teal)', dash: '1.5 3.5' },
    text: [
      'One Gaussian, fitted by maximum likelihood. It can say where the data are on average and how far they spread, and nothing else: with four modes around the origin it covers the empty middle.',
    ],
    loss: [
      String.raw`\mathcal{L}(\theta) = -\,\mathbb{E}_{(s,a)}\bigl[\log \mathcal{N}\bigl({a \mid \mu_\theta(s), \sigma_\theta^2(s)}\bigr)\bigr]`,
    ],
    remark: 'Samples are drawn unclipped, as in the paper’s figure.',
  },
  'bc-cvae': {
    name: 'BC-CVAE',
    row: 'cloning',
    isDiffusion: false,
    source: 'Fujimoto et al., 2019 (BCQ); Wang et al., 2023, §4',
    settings: [],
    cost: { stepMs: 2.8 },
    style: { color: 'var(--line-indigo)', dash: '8 3.5' },
    text: [
      'A variational autoencoder: an encoder squeezes an action into a latent of four numbers, a decoder brings it back, and samples decode fresh latents clipped to ±0.5.',
      'A decoder is continuous, so it can’t jump from one mode to another: samples lie on a band between modes, and in long runs it settles on two diagonal ones.',
    ],
    loss: [VAE],
  },
  'bc-mmd': {
    name: 'BC-MMD',
    row: 'cloning',
    isDiffusion: false,
    source: 'Kumar et al., 2019 (BEAR); Wang et al., 2023, §4',
    settings: MMD_SETTINGS,
    cost: { stepMs: 9.3 },
    style: { color: 'var(--line-slate)', dash: '9 3 2 3' },
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
    name: 'BC-Diffusion',
    row: 'cloning',
    isDiffusion: true,
    source: 'Ho et al., 2020 (DDPM); Wang et al., 2023, §3',
    settings: DIFFUSION_SETTINGS,
    fast: { decaySteps: 5000 },
    cost: { stepMs: 1.6 },
    style: { color: 'var(--cloning)', dash: '' },
    text: [
      'A denoiser learns to tell the noise in a noised action; sampling starts from pure noise and removes it in T small steps. Many small steps can bend one blob into any number of separate modes.',
      'It is Diffusion-QL without Q: the loss is the denoising loss alone.',
    ],
    loss: [
      String.raw`\mathcal{L}_d(\theta) = \mathbb{E}_{i,\,\epsilon,\,(s,a)}\Bigl[\bigl\lVert \epsilon - \epsilon_\theta\bigl(\sqrt{\bar\alpha_i}\,a + \sqrt{1-\bar\alpha_i}\,\epsilon,\; s,\; i\bigr)\bigr\rVert^2\Bigr]`,
    ],
  },
  'td3-bc-gaussian': {
    name: 'TD3+BC (Gaussian)',
    row: 'q-learning',
    isDiffusion: false,
    source: 'the panel of Wang et al., 2023, §4: a Gaussian policy with a likelihood term',
    settings: [...CRITIC_SETTINGS, ...Q_SETTINGS],
    cost: { stepMs: 6.7 },
    style: { color: 'var(--line-ochre)', dash: '1.5 3.5' },
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
    name: 'TD3+BC (L2)',
    row: 'q-learning',
    isDiffusion: false,
    source: 'Fujimoto & Gu, 2021: a deterministic policy with an L2 term',
    settings: [...CRITIC_SETTINGS, ...Q_SETTINGS],
    cost: { stepMs: 3.7 },
    style: { color: 'var(--line-brown)', dash: '3.5 2.5' },
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
    name: 'TD3+BC (MDN)',
    row: 'q-learning',
    isDiffusion: false,
    source: 'Wang et al., 2023, appendix: a mixture density network',
    settings: [...CRITIC_SETTINGS, ...Q_SETTINGS, 'mixtureComponents'],
    cost: { stepMs: 10.5 },
    style: { color: 'var(--line-pink)', dash: '9 3 2 3 2 3' },
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
    name: 'BCQ',
    row: 'q-learning',
    isDiffusion: false,
    source: 'Fujimoto et al., 2019, with perturbation and best of N by Q',
    settings: [...CRITIC_SETTINGS, 'perturbation', 'bcqCandidates'],
    cost: { stepMs: 8.1 },
    style: { color: 'var(--line-orange)', dash: '8 3.5' },
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
    name: 'BEAR-MMD',
    row: 'q-learning',
    isDiffusion: false,
    source: 'Kumar et al., 2019',
    settings: [...CRITIC_SETTINGS, ...MMD_SETTINGS, 'bearThreshold'],
    cost: { stepMs: 14.3 },
    style: { color: 'var(--line-plum)', dash: '9 3 2 3' },
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
    name: 'Diffusion-QL',
    row: 'q-learning',
    isDiffusion: true,
    source: 'Wang et al., 2023, §3',
    settings: [
      ...DIFFUSION_SETTINGS,
      ...CRITIC_SETTINGS,
      ...Q_SETTINGS,
      'gradientSteps',
      'candidates',
      'candidateChoice',
    ],
    // Few reverse steps: the gradient of Q passes through all of them.
    fast: { diffusionSteps: 5 },
    cost: { stepMs: 6.1, reverseStepMs: 1.08 },
    style: { color: 'var(--q-learning)', dash: '' },
    text: [
      'The method of the paper: a diffusion policy that stays on the data by its denoising loss and climbs Q by a second term, whose gradient passes back through the whole reverse chain.',
      COIN,
      'η sets the balance. Near 0 all modes stay; as it grows, samples gather on the mode with the highest reward, without leaving the data.',
    ],
    loss: [String.raw`\mathcal{L}(\theta) = \mathcal{L}_d(\theta) + \mathcal{L}_q(\theta)`, Q_LOSS, CRITIC],
    remark: 'Plain samples are shown, as in the paper’s bandit; with more candidates one is chosen by Q.',
  },
} as const satisfies Readonly<Record<string, MethodSpec>>;

export type MethodId = keyof typeof SPECS;

/** In the order of the figure, and of links. */
export const METHOD_IDS = Object.keys(SPECS) as MethodId[];

export const METHODS = Object.fromEntries(
  Object.entries<MethodSpec>(SPECS).map(([id, spec]) => [id, { ...spec, id, hasCritic: spec.row === 'q-learning' }]),
) as Readonly<Record<MethodId, MethodInfo>>;

export function isMethodId(value: string): value is MethodId {
  return Object.hasOwn(METHODS, value);
}

/** The methods in the catalogue's order, each once. */
export function inCatalogueOrder(methods: readonly MethodId[]): MethodId[] {
  return METHOD_IDS.filter((id) => methods.includes(id));
}

/** Whether a method reads a setting. */
export function readsSetting(method: MethodId, key: SettingKey): boolean {
  return EVERY_METHOD.includes(key) || METHODS[method].settings.includes(key);
}
