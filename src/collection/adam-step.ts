/** Adam (Kingma and Ba, 2015) on plain float64 parameters, with the decay rates that its paper suggests. */

const BETA_1 = 0.9;
const BETA_2 = 0.999;

export class AdamStep {
  /** Moments of the gradient, like the parameters. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  private readonly epsilon: number;

  constructor(first: Float64Array, second: Float64Array, epsilon: number) {
    this.first = first;
    this.second = second;
    this.epsilon = epsilon;
  }

  /** @param count of steps with this one. */
  step(params: Float64Array, gradient: Float64Array, rate: number, count: number): void {
    const { first, second, epsilon } = this;
    const firstScale = rate / (1 - BETA_1 ** count);
    const secondScale = 1 / (1 - BETA_2 ** count);
    for (let i = 0; i < params.length; i++) {
      const slope = gradient[i]!;
      const mean = BETA_1 * first[i]! + (1 - BETA_1) * slope;
      const square = BETA_2 * second[i]! + (1 - BETA_2) * slope * slope;
      first[i] = mean;
      second[i] = square;
      params[i]! -= (firstScale * mean) / (Math.sqrt(square * secondScale) + epsilon);
    }
  }
}
