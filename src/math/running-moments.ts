/** Mean and variance of a sequence of vectors by Welford's update, which is numerically stable. */
export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  /** Sums of squared distances from the mean, like `mean`. */
  readonly squares: Float64Array;
}

export class RunningMoments implements Moments {
  count: number;
  readonly mean: Float64Array;
  readonly squares: Float64Array;

  /** Continues from earlier moments, which are copied. */
  constructor({ count, mean, squares }: Moments) {
    this.count = count;
    this.mean = mean.slice();
    this.squares = squares.slice();
  }

  /** Moments of an empty sequence. */
  static empty(width: number): Moments {
    return { count: 0, mean: new Float64Array(width), squares: new Float64Array(width) };
  }

  /** A copy of the present moments. */
  snapshot(): Moments {
    return { count: this.count, mean: this.mean.slice(), squares: this.squares.slice() };
  }

  add(value: ArrayLike<number>): void {
    this.count++;
    for (let i = 0; i < this.mean.length; i++) {
      const before = value[i]! - this.mean[i]!;
      this.mean[i]! += before / this.count;
      this.squares[i]! += before * (value[i]! - this.mean[i]!);
    }
  }

  /** Variance of a component; 1 for fewer than two values. */
  variance(i: number): number {
    return this.count > 1 ? this.squares[i]! / this.count : 1;
  }
}
