/** Mean and variance of vectors that come one after the other, by Welford's update, which loses no digits. */
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

  /** Goes on from what was seen; what it is given stays as it is. */
  constructor({ count, mean, squares }: Moments) {
    this.count = count;
    this.mean = mean.slice();
    this.squares = squares.slice();
  }

  /** Of nothing yet. */
  static empty(width: number): Moments {
    return { count: 0, mean: new Float64Array(width), squares: new Float64Array(width) };
  }

  /** A plain copy. */
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

  /** Variance of a component; 1 before there are two values. */
  variance(i: number): number {
    return this.count > 1 ? this.squares[i]! / this.count : 1;
  }
}
