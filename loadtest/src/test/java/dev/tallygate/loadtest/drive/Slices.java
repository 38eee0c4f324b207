package dev.tallygate.loadtest.drive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Predicate;

/**
 * Load in short slices until one shows what a test waits for: how long that takes is the machine's
 * business.
 */
public final class Slices {
  private static final int SLICES_MAX = 100;

  private Slices() {}

  /** One slice. */
  @FunctionalInterface
  public interface Run {
    Slice run() throws InterruptedException;
  }

  /** The first slice that fits; fails after a hundred. */
  public static Slice until(Predicate<Slice> fits, Run run) throws InterruptedException {
    Slice slice = run.run();
    for (int i = 1; i < SLICES_MAX && !fits.test(slice); i++) slice = run.run();
    assertThat(slice).matches(fits);
    return slice;
  }

  /** The first slice with an answer that counts. */
  public static Slice counted(Run run) throws InterruptedException {
    return until(slice -> slice.counted() > 0, run);
  }
}
